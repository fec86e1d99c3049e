// The letter is computed as an int: it does not fit a char without a cast.
import java.util.Scanner;

public class Main {
    public static void main(String[] args) {
        int n = new Scanner(System.in).nextInt();
        for (int row = 0; row < 2 * n - 1; row++) {
            int i = n - 1 - Math.abs(n - 1 - row);
            char letter = 'A' + i % 26;
            System.out.print(" ".repeat(n - 1 - i) + letter);
            System.out.println(i > 0 ? " ".repeat(2 * i - 1) + letter : "");
        }
    }
}
