// Sweep line with a sorted set; prints the distance as Java likes it, perhaps as 1.4142135623730951E9.
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StreamTokenizer;
import java.util.Arrays;
import java.util.TreeSet;

public class Main {
    static StreamTokenizer in = new StreamTokenizer(new BufferedReader(new InputStreamReader(System.in)));

    static long next() throws IOException {
        in.nextToken();
        return (long) in.nval;
    }

    public static void main(String[] args) throws IOException {
        int n = (int) next();
        long[][] points = new long[n][];
        for (int i = 0; i < n; i++) points[i] = new long[] {next(), next(), i};
        Arrays.sort(points, (a, b) -> Long.compare(a[0], b[0]));
        TreeSet<long[]> near = new TreeSet<>(
            (a, b) -> a[1] != b[1] ? Long.compare(a[1], b[1]) : Long.compare(a[2], b[2]));
        long best = Long.MAX_VALUE;
        int oldest = 0;
        for (long[] point : points) {
            long reach = (long) Math.sqrt((double) best) + 1;
            while (point[0] - points[oldest][0] > reach) near.remove(points[oldest++]);
            for (long[] other : near.tailSet(new long[] {0, point[1] - reach, -1})) {
                if (other[1] - point[1] > reach) break;
                long dx = point[0] - other[0], dy = point[1] - other[1];
                best = Math.min(best, dx * dx + dy * dy);
            }
            near.add(point);
        }
        System.out.println(Math.sqrt((double) best));
    }
}
