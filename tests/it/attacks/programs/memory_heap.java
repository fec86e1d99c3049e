// Fills the heap, and catches the error to fill it again.
import java.util.ArrayList;

public class Main {
    static final ArrayList<byte[]> kept = new ArrayList<>();

    public static void main(String[] words) {
        for (;;) kept.add(new byte[1 << 20]);
    }
}
