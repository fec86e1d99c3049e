if __name__ == "__main__":
    sys.stdin.readline()
    print(longest_run(list(map(int, sys.stdin.readline().split()))))
