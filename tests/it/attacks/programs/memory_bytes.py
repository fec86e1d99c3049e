# One object larger than the limit.
block = bytearray(200 << 20)
block[::4096] = bytes(len(block[::4096]))
print("had it all")
