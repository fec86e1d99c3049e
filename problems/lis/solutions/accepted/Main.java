import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.StreamTokenizer;
import java.io.InputStreamReader;
import java.util.Arrays;

public class Main {
    public static void main(String[] args) throws IOException {
        StreamTokenizer in = new StreamTokenizer(new InputStreamReader(new BufferedInputStream(System.in)));
        in.nextToken();
        int n = (int) in.nval;
        int[] last = new int[n];
        int length = 0;
        for (int i = 0; i < n; i++) {
            in.nextToken();
            int x = (int) in.nval;
            int at = Arrays.binarySearch(last, 0, length, x);
            if (at < 0) at = -at - 1;
            last[at] = x;
            if (at == length) length++;
        }
        System.out.println(length);
    }
}
