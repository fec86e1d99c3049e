least, most = 1, 1_000_000
while least < most:
    middle = (least + most + 1) // 2
    print("?", middle, flush=True)
    if input() == "yes":
        most = middle - 1
    else:
        least = middle
print("!", least, flush=True)
