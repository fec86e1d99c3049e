if __name__ == "__main__":
    answer = Solution().isPalindrome(sys.stdin.readline().rstrip("\n"))
    print("true" if answer else "false")
