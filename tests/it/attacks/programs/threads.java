// Starts threads until no more can be had; all of them spin.
public class Main {
    public static void main(String[] words) {
        for (;;) {
            try {
                new Thread(() -> { for (;;) Thread.onSpinWait(); }).start();
            } catch (Throwable full) {
                continue;
            }
        }
    }
}
