import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StreamTokenizer;
import java.util.Arrays;
import java.util.PriorityQueue;

public class Main {
    static StreamTokenizer in = new StreamTokenizer(new BufferedReader(new InputStreamReader(System.in)));

    static int next() throws IOException {
        in.nextToken();
        return (int) in.nval;
    }

    public static void main(String[] args) throws IOException {
        int n = next(), m = next();
        int[] first = new int[n + 1], after = new int[m], to = new int[m], length = new int[m];
        Arrays.fill(first, -1);
        for (int road = 0; road < m; road++) {
            int from = next();
            to[road] = next();
            length[road] = next();
            after[road] = first[from];
            first[from] = road;
        }
        long[] distance = new long[n + 1];
        Arrays.fill(distance, Long.MAX_VALUE);
        distance[1] = 0;
        PriorityQueue<long[]> queue = new PriorityQueue<>((x, y) -> Long.compare(x[0], y[0]));
        queue.add(new long[] {0, 1});
        while (!queue.isEmpty()) {
            long[] item = queue.poll();
            int town = (int) item[1];
            if (item[0] > distance[town]) continue;
            for (int road = first[town]; road >= 0; road = after[road]) {
                long there = item[0] + length[road];
                if (there < distance[to[road]]) {
                    distance[to[road]] = there;
                    queue.add(new long[] {there, to[road]});
                }
            }
        }
        System.out.println(distance[n] == Long.MAX_VALUE ? -1 : distance[n]);
    }
}
