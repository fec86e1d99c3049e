def longest_run(values: list[int]) -> int:
    return 0
