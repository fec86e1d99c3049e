// Only towns from which a road leads have a list; for any other, `get` returns null.
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Scanner;

public class Main {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), m = in.nextInt();
        Map<Integer, List<long[]>> roads = new HashMap<>();
        for (int i = 0; i < m; i++) {
            int from = in.nextInt();
            roads.computeIfAbsent(from, town -> new ArrayList<>()).add(new long[] {in.nextInt(), in.nextInt()});
        }
        Map<Integer, Long> distance = new HashMap<>();
        PriorityQueue<long[]> queue = new PriorityQueue<>((x, y) -> Long.compare(x[0], y[0]));
        queue.add(new long[] {0, 1});
        while (!queue.isEmpty()) {
            long[] item = queue.poll();
            int town = (int) item[1];
            if (distance.putIfAbsent(town, item[0]) != null) continue;
            for (long[] road : roads.get(town)) queue.add(new long[] {item[0] + road[1], road[0]});
        }
        System.out.println(distance.getOrDefault(n, -1L));
    }
}
