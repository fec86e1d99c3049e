// The complement is computed in 32 bits and wraps around.
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import java.util.StringTokenizer;

public class Main {
    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        StringTokenizer line = new StringTokenizer(in.readLine());
        int n = Integer.parseInt(line.nextToken());
        int target = (int) Long.parseLong(line.nextToken());
        line = new StringTokenizer(in.readLine());
        Map<Integer, Integer> first = new HashMap<>();
        for (int j = 0; j < n; j++) {
            int x = Integer.parseInt(line.nextToken());
            Integer i = first.get(target - x);
            if (i != null) {
                System.out.println(i + " " + j);
                return;
            }
            first.putIfAbsent(x, j);
        }
        System.out.println(-1);
    }
}
