// Ends with success before `main` is reached.
public class Main {
    static { System.exit(0); }

    public static void main(String[] words) {
        System.out.println("refused");
    }
}
