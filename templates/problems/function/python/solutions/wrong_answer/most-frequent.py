# Equal numbers need not stand next to each other here.
def longest_run(values: list[int]) -> int:
    count = {}
    for value in values:
        count[value] = count.get(value, 0) + 1
    return max(count.values())
