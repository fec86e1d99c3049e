//! Network namespaces, whose way to Redis can be cut: packets vanish without a word, as when a switch dies.

use std::process::Command;

/// A namespace with one way out, to this machine. Gone when dropped.
pub struct Net {
    name: String,
    /// The third byte of its addresses.
    number: u8,
}

impl Net {
    /// A new one, with addresses that nobody here uses.
    pub fn new() -> Self {
        let known = run("ip", &["-4", "-o", "addr"]);
        let taken = |number: u8| known.contains(&format!(" 10.231.{number}."));
        let mut number = getrandom::u32().unwrap() as u8;
        while taken(number) {
            number = number.wrapping_add(1);
        }
        let net = Self { name: format!("sonocode-{number}-{}", std::process::id()), number };
        let (outside, name) = (net.outside(), net.name.as_str());
        run("ip", &["netns", "add", name]);
        run(
            "ip",
            &["link", "add", &outside, "type", "veth", "peer", "name", "eth0", "netns", name],
        );
        run("ip", &["addr", "add", &format!("{}/30", net.gateway()), "dev", &outside]);
        run("ip", &["link", "set", &outside, "up"]);
        net.within(&["ip", "addr", "add", &format!("{}/30", net.addr()), "dev", "eth0"]);
        net.within(&["ip", "link", "set", "eth0", "up"]);
        net.within(&["ip", "link", "set", "lo", "up"]);
        net
    }

    /// The address of what runs in it.
    pub fn addr(&self) -> String {
        format!("10.231.{}.2", self.number)
    }

    /// Where it sees this machine.
    pub fn gateway(&self) -> String {
        format!("10.231.{}.1", self.number)
    }

    fn outside(&self) -> String {
        format!("sono{}", self.number)
    }

    /// What a command is to begin with so that it runs in it.
    pub fn entering(&self) -> [String; 2] {
        ["nsenter".into(), format!("--net=/run/netns/{}", self.name)]
    }

    /// From now on nothing from or to this port of the machine passes.
    pub fn cut(&self, port: u16) {
        self.filter("-A", port);
    }

    /// As if nothing had been.
    pub fn heal(&self, port: u16) {
        self.filter("-D", port);
    }

    fn filter(&self, verb: &str, port: u16) {
        let port = port.to_string();
        self.within(&[
            "iptables", "-w", verb, "OUTPUT", "-p", "tcp", "--dport", &port, "-j", "DROP",
        ]);
        self.within(&[
            "iptables", "-w", verb, "INPUT", "-p", "tcp", "--sport", &port, "-j", "DROP",
        ]);
    }

    fn within(&self, command: &[&str]) {
        let [enter, net] = self.entering();
        run(&enter, &[&[net.as_str()], command].concat());
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}

fn run(program: &str, args: &[&str]) -> String {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap());
    let output = Command::new(program).args(args).env("PATH", path).output();
    let output =
        output.unwrap_or_else(|error| panic!("{program}: {error}; scripts/test.sh installs it"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}
