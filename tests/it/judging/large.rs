//! Inputs and outputs of 100 MB go through, and the daemon does not grow.

use crate::{
    house::Package,
    process::{Serve, peak},
};
use reqwest::StatusCode;
use sonocode::judge::Verdict;

/// Bytes of the large input.
const SIZE: u64 = 100_000_000;

/// What a daemon may grow to, in KiB.
const BOUND: u64 = 100 << 10;

const COPY: &str = "#include <stdio.h>\nint main(void) { static char b[65536]; size_t n; \
                    while ((n = fread(b, 1, sizeof b, stdin)) > 0) fwrite(b, 1, n, stdout); }\n";
const FLOOD: &str =
    "#include <stdio.h>\nint main(void) { for (;;) puts(\"all work and no play\"); }\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_megabytes_in_and_out() {
    let dir = tempfile::tempdir().unwrap();
    let served = Serve::start(dir.path(), &["--workers", "2"]).await;
    served.ready().await;
    let manifest = "reference = \"accepted/copy.c\"\n\
                    [limits]\ntime_ms = 20000\noutput_mib = 128\nmemory_mib = 64\n\
                    [generators]\n\"01-big\" = [\"big.py\"]\n";
    let generator = format!(
        "line = b'0123456789 ' * 9 + b'\\n'\n\
         import sys\nfor _ in range({}):\n    sys.stdout.buffer.write(line * 10000)\n",
        SIZE / 1_000_000
    );
    let package = Package::new("copy")
        .manifest(manifest)
        .file("solutions/accepted/copy.c", COPY)
        .file("generators/big.py", generator);
    let reply = served.house.upload(&package, "force=true").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    let small = served.house.judge("copy", "c", "int main(void) { return 0; }").await;
    assert_eq!(small.verdict, Verdict::WrongAnswer, "{small:?}");
    let copied = served.house.judge("copy", "c", COPY).await;
    assert_eq!(copied.verdict, Verdict::Accepted, "{copied:?}");
    let flooded = served.house.judge("copy", "c", FLOOD).await;
    assert_eq!(flooded.verdict, Verdict::OutputLimitExceeded, "{flooded:?}");
    let peak = peak(served.pid);
    assert!(peak < BOUND, "the daemon grew to {peak} KiB");
    served.drain().await;
}
