# A run counts only when another number ends it.
def longest_run(values: list[int]) -> int:
    longest = run = 1
    for before, value in zip(values, values[1:]):
        if value == before:
            run += 1
        else:
            longest = max(longest, run)
            run = 1
    return longest
