# Equal numbers need not stand next to each other here.
def longest_run(values: list[int]) -> int:
    return max(values.count(value) for value in set(values[:1000]))
