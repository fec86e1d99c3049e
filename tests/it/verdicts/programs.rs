//! For each language the programs that must get each verdict. The task: read two numbers, print
//! their sum.

/// The programs of one language.
pub struct Programs {
    pub language: &'static str,
    /// Right.
    pub ac: &'static str,
    /// Wrong.
    pub wa: &'static str,
    /// Computes without end.
    pub tle: &'static str,
    /// Sleeps without end.
    pub idle: &'static str,
    /// Takes memory without end.
    pub mle: &'static str,
    /// Fails by itself.
    pub re: &'static str,
    /// Prints without end.
    pub ole: &'static str,
    /// Does not compile.
    pub ce: &'static str,
    /// Right, after a recursion of a million calls; with 512 MiB.
    pub deep: &'static str,
    /// Right, after making 2 GiB of garbage with never more than 48 MiB of it in use; empty for
    /// languages that make no garbage.
    pub churn: &'static str,
}

pub const C: Programs = Programs {
    language: "c",
    ac: r#"#include <stdio.h>
int main(){int a,b;scanf("%d%d",&a,&b);printf("%d\n",a+b);}"#,
    wa: r#"#include <stdio.h>
int main(){puts("0");}"#,
    tle: "int main(){for(volatile int i=0;;i++);}",
    idle: r"#include <unistd.h>
int main(){for(;;)pause();}",
    mle: r"#include <stdlib.h>
#include <string.h>
int main(){for(;;){char*p=malloc(1<<20);if(p)memset(p,1,1<<20);}}",
    re: "int main(){return 3;}",
    ole: r#"#include <stdio.h>
int main(){for(;;)puts("0123456789012345678901234567890123456789");}"#,
    ce: "int main({",
    deep: r#"#include <stdio.h>
int f(int*up){int own[16];own[0]=*up-1;return *up?1+f(own):0;}
int main(){int a,b,n=1000000;scanf("%d%d",&a,&b);printf("%d\n",a+b+f(&n)-n);}"#,
    churn: "",
};

pub const CPP: Programs = Programs {
    language: "cpp",
    ac: r#"#include <bits/stdc++.h>
using namespace std;
int main(){int a,b;cin>>a>>b;cout<<a+b<<"\n";}"#,
    wa: r#"#include <iostream>
int main(){std::cout<<"\n\"'$(x)`";}"#,
    tle: r"#include <thread>
int main(){std::thread t([]{for(volatile int i=0;;i++);});t.join();}",
    idle: r"#include <thread>
int main(){for(;;)std::this_thread::sleep_for(std::chrono::hours(1));}",
    mle: r"#include <vector>
int main(){std::vector<int> v;for(;;)v.push_back(1);}",
    re: "int main(){*(volatile int*)0=1;}",
    ole: r#"#include <iostream>
int main(){for(;;)std::cout<<"01234567890123456789";}"#,
    ce: "#include <nothing>\nint main(){}",
    deep: r#"#include <iostream>
int f(int*up){int own[16];own[0]=*up-1;return *up?1+f(own):0;}
int main(){int a,b,n=1000000;std::cin>>a>>b;std::cout<<a+b+f(&n)-n<<"\n";}"#,
    churn: "",
};

pub const CPP20: Programs = Programs {
    language: "cpp20",
    ac: r#"#include <bits/stdc++.h>
template<std::integral T> auto add(T a,T b){return a+b;}
int main(){static_assert(__cplusplus==202002);std::vector<int> v{std::istream_iterator<int>(std::cin),{}};std::ranges::sort(v);std::cout<<add(v[0],v[1])<<"\n";}"#,
    ce: "template<std::integral T> T f(T);\nint main(){}",
    ..CPP
};

pub const CPP23: Programs = Programs {
    language: "cpp23",
    ac: r#"#include <bits/stdc++.h>
constexpr int one(){if consteval{return 1;}else{return 2;}}
int main(){static_assert(__cplusplus>202002&&one()==1);auto s=1uz;int a,b;std::cin>>a>>b;std::cout<<a+b+s-1<<"\n";}"#,
    ce: "int main(){auto s=1uzz;}",
    ..CPP
};

pub const PYTHON: Programs = Programs {
    language: "python",
    ac: "print(sum(map(int, input().split())))",
    wa: r#"print('\n', "'")"#,
    tle: "while True: pass",
    idle: "import time\nwhile True: time.sleep(3600)",
    mle: "a = []\nwhile True: a.append(bytearray(1 << 20))",
    re: "print(1 // 0)",
    ole: "while True: print('x' * 10000)",
    ce: "def (:",
    deep: r"import sys
sys.setrecursionlimit(1100000)
def f(n): return 1 + f(n - 1) if n else 0
print(sum(map(int, input().split())) + f(1000000) - 1000000)",
    churn: r"live = [b''] * 48
for i in range(2048): live[i % 48] = bytearray(1 << 20)
print(sum(map(int, input().split())))",
};

pub const PYPY: Programs = Programs {
    language: "pypy",
    ac: r"import sys
assert sys.implementation.name == 'pypy'
print(sum(map(int, input().split())))",
    // A call takes a kilobyte of its stack: a tenth of the calls.
    deep: r"import sys
sys.setrecursionlimit(110000)
def f(n): return 1 + f(n - 1) if n else 0
print(sum(map(int, input().split())) + f(100000) - 100000)",
    ..PYTHON
};

pub const JAVA: Programs = Programs {
    language: "java",
    ac: "public class Main{public static void main(String[] x){var s=new java.util.Scanner(System.in);System.out.println(s.nextInt()+s.nextInt());}}",
    wa: r#"public class Main{public static void main(String[] x){System.out.println("\n");}}"#,
    tle: "public class Main{public static void main(String[] x){for(long i=0;;i++)if(i<0)System.out.println(i);}}",
    idle: "public class Main{public static void main(String[] x)throws Exception{for(;;)Thread.sleep(3600000);}}",
    mle: "import java.util.*;public class Main{public static void main(String[] x){var l=new ArrayList<byte[]>();for(;;)l.add(new byte[1<<20]);}}",
    re: "public class Main{public static void main(String[] x){int[] a=new int[1];a[x.length+1]=1;}}",
    ole: r#"public class Main{public static void main(String[] x){var s="x".repeat(100000);for(;;)System.out.println(s);}}"#,
    ce: r#"public class Main{int f(){return "";}}"#,
    deep: "public class Main{static int f(int n){return n==0?0:1+f(n-1);}public static void main(String[] x){var s=new java.util.Scanner(System.in);System.out.println(s.nextInt()+s.nextInt()+f(1000000)-1000000);}}",
    churn: "public class Main{public static void main(String[] x){var l=new byte[48][];for(int i=0;i<2048;i++)l[i%48]=new byte[1<<20];var s=new java.util.Scanner(System.in);System.out.println(s.nextInt()+s.nextInt());}}",
};

pub const KOTLIN: Programs = Programs {
    language: "kotlin",
    ac: "fun main() { val (a, b) = readLine()!!.split(\" \").map { it.toInt() }; println(a + b) }",
    wa: "fun main() { println(\"\\n\") }",
    tle: "fun main() { var i = 0L; while (true) { i++; if (i < 0) println(i) } }",
    idle: "fun main() { while (true) Thread.sleep(3600000) }",
    mle: "fun main() { val l = ArrayList<ByteArray>(); while (true) l.add(ByteArray(1 shl 20)) }",
    re: "fun main() { val a = IntArray(1); a[readLine()!!.length] = 1 }",
    ole: "fun main() { val s = \"x\".repeat(100000); while (true) println(s) }",
    ce: "fun main() { val a: Int = \"\" }",
    deep: r#"fun f(n: Int): Int = if (n == 0) 0 else 1 + f(n - 1)
fun main() { val (a, b) = readLine()!!.split(" ").map { it.toInt() }; println(a + b + f(1000000) - 1000000) }"#,
    churn: r#"fun main() {
  val live = Array(48) { ByteArray(0) }
  for (i in 0 until 2048) live[i % 48] = ByteArray(1 shl 20)
  val (a, b) = readLine()!!.split(" ").map { it.toInt() }
  println(a + b)
}"#,
};

pub const JAVASCRIPT: Programs = Programs {
    language: "javascript",
    ac: "const [a,b]=require('fs').readFileSync(0,'utf8').split(' ').map(Number);console.log(a+b)",
    wa: r"console.log('\n`$')",
    tle: "for(;;);",
    idle: "setInterval(()=>{},3600000)",
    mle: "const a=[];for(;;)a.push(new Array(100000).fill(1.5))",
    re: "throw new Error('x')",
    ole: "const s='x'.repeat(100000);for(;;)require('fs').writeSync(1,s)",
    ce: "function (",
    deep: "function f(n){return n?1+f(n-1):0}\nconst [a,b]=require('fs').readFileSync(0,'utf8').split(' ').map(Number);console.log(a+b+f(1000000)-1000000)",
    churn: "const l=[];for(let i=0;i<2048;i++)l[i%48]=new Array(1<<17).fill(i+0.5);const [a,b]=require('fs').readFileSync(0,'utf8').split(' ').map(Number);console.log(a+b+l.length-48)",
};

pub const TYPESCRIPT: Programs = Programs {
    language: "typescript",
    ac: r"import * as fs from 'fs';
import { createInterface } from 'readline';
const name: string = typeof createInterface;
const [a, b]: number[] = fs.readFileSync(0, 'utf8').split(' ').map(Number);
const sums = new Map<string, number>([[name, a + b]]);
console.log([...sums.values()].at(-1));
process.exitCode = 0;",
    ce: "const a: number = 'one';",
    re: "const f = (x: unknown): never => { throw x; }; f(new Error('x'));",
    ..JAVASCRIPT
};

pub const GO: Programs = Programs {
    language: "go",
    ac: "package main\nimport(\"bufio\";\"fmt\";\"os\";\"sort\")\nfunc main(){r:=bufio.NewReader(os.Stdin);var a,b int;fmt.Fscan(r,&a,&b);x:=[]int{b,a};sort.Ints(x);fmt.Println(x[0]+x[1])}",
    wa: "package main\nfunc main(){println(3)}",
    tle: "package main\nfunc main(){for i:=0;;i++{}}",
    idle: "package main\nimport \"time\"\nfunc main(){time.Sleep(time.Hour)}",
    mle: "package main\nfunc main(){var l [][]byte;for{b:=make([]byte,1<<20);for i:=range b{b[i]=1};l=append(l,b)}}",
    re: "package main\nimport \"os\"\nfunc main(){a:=[]int{1};a[len(os.Args)]=1}",
    ole: "package main\nimport(\"os\";\"strings\")\nfunc main(){b:=[]byte(strings.Repeat(\"x\",100000));for{os.Stdout.Write(b)}}",
    ce: "package main\nfunc main(){var unused int}",
    deep: "package main\nimport \"fmt\"\nfunc f(n int)int{if n==0{return 0};return 1+f(n-1)}\nfunc main(){var a,b int;fmt.Scan(&a,&b);fmt.Println(a+b+f(1000000)-1000000)}",
    churn: "package main\nimport \"fmt\"\nfunc main(){var l [48][]byte;for i:=0;i<2048;i++{b:=make([]byte,1<<20);for j:=range b{b[j]=1};l[i%48]=b};var a,b int;fmt.Scan(&a,&b);for _,x:=range l{a+=len(x)-1<<20};fmt.Println(a+b)}",
};

pub const RUST: Programs = Programs {
    language: "rust",
    ac: r#"use std::io::*;
fn main() { let mut s = String::new(); stdin().read_to_string(&mut s).unwrap();
println!("{}", s.split_whitespace().map(|x| x.parse::<i64>().unwrap()).sum::<i64>()); }"#,
    wa: "fn main() { println!(\"\\\"\") }",
    tle: "fn main() { let mut i = 0u64; loop { i = i.wrapping_mul(3) + 1; if i == 7 { println!() } } }",
    idle: "fn main() { loop { std::thread::park() } }",
    mle: "fn main() { let mut v = Vec::new(); loop { v.push(vec![1u8; 1 << 20]) } }",
    re: "fn main() { panic!(\"x\") }",
    ole: "use std::io::Write;\nfn main() { let s = [b'x'; 100000]; loop { std::io::stdout().write_all(&s).unwrap() } }",
    ce: "fn main() { let a: i32 = \"\"; }",
    deep: r#"use std::io::*;
#[inline(never)] fn f(n: &i64) -> i64 { if *n == 0 { 0 } else { let m = n - 1; 1 + f(&m) } }
fn main() { let mut s = String::new(); stdin().read_to_string(&mut s).unwrap();
println!("{}", s.split_whitespace().map(|x| x.parse::<i64>().unwrap()).sum::<i64>() + f(&1000000) - 1000000); }"#,
    churn: "",
};

pub const CSHARP: Programs = Programs {
    language: "csharp",
    ac: r"using System;using System.Linq;using System.Numerics;
class P{static void Main(){Console.WriteLine(Console.ReadLine().Split(' ').Select(BigInteger.Parse).Aggregate((a,b)=>a+b));}}",
    wa: "class P{static void Main(){System.Console.WriteLine(\"\\n\");}}",
    tle: "class P{static void Main(){for(long i=0;;i++)if(i<0)System.Console.WriteLine(i);}}",
    idle: "class P{static void Main(){for(;;)System.Threading.Thread.Sleep(3600000);}}",
    mle: "class P{static void Main(){var l=new System.Collections.Generic.List<byte[]>();for(;;){var b=new byte[1<<20];for(int i=0;i<b.Length;i++)b[i]=1;l.Add(b);}}}",
    re: "class P{static void Main(string[] x){var a=new int[1];a[x.Length+1]=1;}}",
    ole: "class P{static void Main(){var s=new string('x',100000);for(;;)System.Console.WriteLine(s);}}",
    ce: "class P{static void Main(){int a=\"\";}}",
    deep: "using System;class P{static int f(int n){return n==0?0:1+f(n-1);}static void Main(){var s=Console.ReadLine().Split(' ');Console.WriteLine(int.Parse(s[0])+int.Parse(s[1])+f(1000000)-1000000);}}",
    churn: "using System;class P{static void Main(){var l=new byte[48][];for(int i=0;i<2048;i++){var b=new byte[1<<20];for(int j=0;j<b.Length;j+=4096)b[j]=1;l[i%48]=b;}var s=Console.ReadLine().Split(' ');Console.WriteLine(int.Parse(s[0])+int.Parse(s[1]));}}",
};

pub const RUBY: Programs = Programs {
    language: "ruby",
    ac: "puts gets.split.map(&:to_i).sum",
    wa: "puts \"\\n\"",
    tle: "loop {}",
    idle: "sleep",
    mle: "a = []; loop { a << 'x' * (1 << 20) }",
    re: "raise 'x'",
    ole: "s = 'x' * 100000; loop { puts s }",
    ce: "def (",
    deep: "def f(n) = n == 0 ? 0 : 1 + f(n - 1)\nputs gets.split.map(&:to_i).sum + f(1000000) - 1000000",
    churn: "l = []\n2048.times { |i| l[i % 48] = 'x' * (1 << 20) }\nputs gets.split.map(&:to_i).sum",
};

pub const HASKELL: Programs = Programs {
    language: "haskell",
    ac: "main :: IO ()\nmain = getContents >>= print . sum . map (read :: String -> Int) . words",
    wa: "main :: IO ()\nmain = putStrLn \"\\n\"",
    tle: "main :: IO ()\nmain = print (length (filter (< 0) [1 :: Int ..]))",
    idle: "import Control.Concurrent\nmain :: IO ()\nmain = threadDelay 3600000000 >> main",
    mle: "main :: IO ()\nmain = let l = [1 :: Integer ..] in print (last l) >> print (head l)",
    re: "main :: IO ()\nmain = error \"x\"",
    ole: "main :: IO ()\nmain = putStrLn (replicate 100000 'x') >> main",
    ce: "main :: IO ()\nmain = putStrLn 1",
    deep: "f :: Int -> Integer\nf 0 = 0\nf n = 1 + f (n - 1)\nmain :: IO ()\nmain = do { s <- getContents; print (sum (map read (words s)) + f 1000000 - 1000000) }",
    churn: "import Data.List\nmain :: IO ()\nmain = do { s <- getContents; print (sum (map read (words s)) + foldl' (+) 0 [1 .. 50000000 :: Integer] - 1250000025000000) }",
};
