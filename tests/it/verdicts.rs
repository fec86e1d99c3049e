//! Every verdict in every language, on a real engine.

use crate::house::{House, Package, expect};
use sonocode::judge::{EventBody, Verdict};

/// For each language: its id and a program for each verdict.
const PROGRAMS: &[(&str, &[(Verdict, &str)])] = &[
    (
        "c",
        &[
            (
                Verdict::Accepted,
                "#include <stdio.h>\nint main(){int a,b;scanf(\"%d%d\",&a,&b);printf(\"%d\\n\",a+b);}",
            ),
            (Verdict::WrongAnswer, "#include <stdio.h>\nint main(){puts(\"0\");}"),
            (Verdict::TimeLimitExceeded, "int main(){for(volatile int i=0;;i++);}"),
            (
                Verdict::MemoryLimitExceeded,
                "#include <stdlib.h>\n#include <string.h>\nint main(){for(;;){char*p=malloc(1<<20);if(p)memset(p,1,1<<20);}}",
            ),
            (Verdict::RuntimeError, "int main(){return 3;}"),
            (
                Verdict::OutputLimitExceeded,
                "#include <stdio.h>\nint main(){for(;;)puts(\"0123456789012345678901234567890123456789\");}",
            ),
            (Verdict::CompileError, "int main({"),
        ],
    ),
    (
        "cpp",
        &[
            (
                Verdict::Accepted,
                "#include <iostream>\nint main(){int a,b;std::cin>>a>>b;std::cout<<a+b<<\"\\n\";}",
            ),
            (
                Verdict::WrongAnswer,
                "#include <iostream>\nint main(){std::cout<<\"\\n\\\"'$(x)`\";}",
            ),
            (
                Verdict::TimeLimitExceeded,
                "#include <thread>\nint main(){std::thread t([]{for(volatile int i=0;;i++);});t.join();}",
            ),
            (
                Verdict::MemoryLimitExceeded,
                "#include <vector>\nint main(){std::vector<int> v;for(;;)v.push_back(1);}",
            ),
            (Verdict::RuntimeError, "int main(){*(volatile int*)0=1;}"),
            (
                Verdict::OutputLimitExceeded,
                "#include <iostream>\nint main(){for(;;)std::cout<<\"01234567890123456789\";}",
            ),
            (Verdict::CompileError, "#include <nothing>\nint main(){}"),
        ],
    ),
    (
        "python",
        &[
            (Verdict::Accepted, "print(sum(map(int, input().split())))"),
            (Verdict::WrongAnswer, "print('\\n', \"'\")"),
            (Verdict::TimeLimitExceeded, "while True: pass"),
            (Verdict::MemoryLimitExceeded, "a = []\nwhile True: a.append(bytearray(1 << 20))"),
            (Verdict::RuntimeError, "print(1 // 0)"),
            (Verdict::OutputLimitExceeded, "while True: print('x' * 10000)"),
            (Verdict::CompileError, "def (:"),
        ],
    ),
    (
        "java",
        &[
            (
                Verdict::Accepted,
                "public class Main{public static void main(String[] x){var s=new java.util.Scanner(System.in);System.out.println(s.nextInt()+s.nextInt());}}",
            ),
            (
                Verdict::WrongAnswer,
                "public class Main{public static void main(String[] x){System.out.println(\"\\n\");}}",
            ),
            (
                Verdict::TimeLimitExceeded,
                "public class Main{public static void main(String[] x){for(long i=0;;i++)if(i<0)System.out.println(i);}}",
            ),
            (
                Verdict::MemoryLimitExceeded,
                "import java.util.*;public class Main{public static void main(String[] x){var l=new ArrayList<byte[]>();for(;;)l.add(new byte[1<<20]);}}",
            ),
            (
                Verdict::RuntimeError,
                "public class Main{public static void main(String[] x){int[] a=new int[1];a[x.length+1]=1;}}",
            ),
            (
                Verdict::OutputLimitExceeded,
                "public class Main{public static void main(String[] x){var s=\"x\".repeat(100000);for(;;)System.out.println(s);}}",
            ),
            (Verdict::CompileError, "public class Main{int f(){return \"\";}}"),
        ],
    ),
    (
        "javascript",
        &[
            (
                Verdict::Accepted,
                "const [a,b]=require('fs').readFileSync(0,'utf8').split(' ').map(Number);console.log(a+b)",
            ),
            (Verdict::WrongAnswer, "console.log('\\n`$')"),
            (Verdict::TimeLimitExceeded, "for(;;);"),
            (Verdict::MemoryLimitExceeded, "const a=[];for(;;)a.push(new Array(100000).fill(1.5))"),
            (Verdict::RuntimeError, "throw new Error('x')"),
            (
                Verdict::OutputLimitExceeded,
                "const s='x'.repeat(100000);for(;;)require('fs').writeSync(1,s)",
            ),
            (Verdict::CompileError, "function ("),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_verdict_in_every_language() {
    let house = House::build().workers(2).start().await;
    let limits = "[limits]\ntime_ms = 2000\nmemory_mib = 128\noutput_mib = 4\n";
    house.add(&Package::new("sum").manifest(limits).test("01", "1 2\n", "3\n")).await;
    let mut waiting = Vec::new();
    for (language, programs) in PROGRAMS {
        for (verdict, code) in *programs {
            waiting.push((language, verdict, house.submit("sum", language, code).await));
        }
    }
    let mut wrong = Vec::new();
    for (language, verdict, id) in waiting {
        let outcome = house.outcome(&id).await;
        if outcome.verdict != *verdict {
            wrong.push(format!("{language}: expected {verdict}, got {outcome:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_submission_is_in_its_journal() {
    let house = House::with_sum().await;
    let code = "#include <cstdio>\nint main(){int a,b;char c[9];scanf(\"%d%d\",&a,&b);printf(\"%d\",a==5?0:a+b);}";
    let id = house.submit("sum", "CPP", code).await;
    let events = house.events(&id, 0).await;
    let kinds: Vec<String> = events
        .iter()
        .map(|event| serde_json::to_value(&event.body).unwrap()["type"].as_str().unwrap().into())
        .collect();
    assert_eq!(kinds, ["queued", "started", "running", "compiled", "test", "test", "finished"]);
    let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=7).collect::<Vec<_>>());
    let EventBody::Finished(outcome) = &events[6].body else { panic!("{:?}", events[6]) };
    expect(outcome, Verdict::WrongAnswer);
    assert_eq!((outcome.passed, outcome.total), (1, 2));
    assert_eq!(outcome.failed.as_ref().unwrap().name, "02");
    assert_eq!(outcome.message.as_deref(), Some("line 1: expected \"11\", got \"0\""));
    // A watcher that comes back with the last number it saw gets the rest, once.
    let rest = house.events(&id, 4).await;
    assert_eq!(rest, events[4..]);
    house.stop().await;
}
