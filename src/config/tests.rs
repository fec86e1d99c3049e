use super::*;
use std::path::Path;

fn sources(dir: &Path) -> Sources {
    Sources { cwd: dir.to_owned(), data_dir: Some("/data".into()), ..Sources::default() }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn the_reference_says_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let loaded = Loaded::read(&sources(dir.path())).unwrap();
    assert_eq!(loaded.config, Config { data_dir: "/data".into(), ..Config::default() });
    // Every key is in the reference, set or as a comment.
    for key in Key::ALL {
        let name = key.path.rsplit('.').next().unwrap();
        let there = |line: &str| line.trim_start_matches("# ").starts_with(&format!("{name} ="));
        assert!(DEFAULT.lines().any(there), "{}", key.path);
    }
}

#[test]
fn commented_examples_of_the_reference_are_right() {
    let uncommented: String = DEFAULT
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split_once(" = ").is_some_and(|(k, _)| !k.contains(' ')) => rest,
            _ => line,
        })
        .fold(String::new(), |text, line| text + line + "\n");
    let layer = layer::text(&uncommented, &Origin::Default).unwrap();
    assert_eq!(layer.len(), Key::ALL.len());
}

#[test]
fn later_layers_win() {
    let dir = tempfile::tempdir().unwrap();
    let user = dir.path().join("home/.config/sonocode/config.toml");
    write(&user, "addr = \"127.0.0.1:1\"\nworkers = 1\n[limits]\nqueue = 1\nsource_kib = 1\n");
    write(&dir.path().join("sonocode.toml"), "workers = 99\n");
    let project = dir.path().join("project/sonocode.toml");
    write(&project, "workers = 2\nproblems = \"./tasks\"\nlimits.queue = 2\n");
    let cwd = dir.path().join("project/deep/below");
    std::fs::create_dir_all(&cwd).unwrap();
    let mut sources = Sources { user_file: Some(user.clone()), ..sources(&cwd) };
    sources.env.insert("SONOCODE_LIMITS_QUEUE".into(), "3".into());
    sources.env.insert("SONOCODE_CORS_ORIGINS".into(), "http://a:1, https://b".into());
    sources.env.insert("SONOCODE_URL".into(), String::new().into());
    sources.env.insert("SONOCODE_WORKRES".into(), "3".into());
    sources.flags.push(("data_dir", "--data-dir", "kept".into()));
    let loaded = Loaded::read(&sources).unwrap();
    let config = &loaded.config;
    assert_eq!(config.addr.port(), 1, "the user's file over the default");
    assert_eq!(config.workers, 2, "the nearest project file over the user's, and no other");
    assert_eq!((config.limits.queue, config.limits.source_kib), (3, 1), "variable over file");
    assert_eq!(config.problems, Some(dir.path().join("project/tasks")), "relative to its file");
    assert_eq!(config.data_dir, cwd.join("kept"), "relative to the working directory");
    assert_eq!(config.cors_origins, ["http://a:1", "https://b"]);
    assert_eq!(config.url, None, "an empty variable is not set");
    assert_eq!(loaded.files, [user.clone(), project.clone()]);
    assert_eq!(loaded.unknown_variables, ["SONOCODE_WORKRES"]);
    assert_eq!(loaded.origin("limits.source_kib"), &Origin::File(user, 5));
    assert_eq!(loaded.origin("workers"), &Origin::File(project, 1));
    assert_eq!(loaded.origin("data_dir"), &Origin::Flag("--data-dir"));
}

#[test]
fn mistakes_name_file_line_and_key() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sonocode.toml");
    for (text, line, expected) in [
        (
            "\nworkers = \"two\"",
            2,
            "`workers`: expected a whole number of at least 0, found a text",
        ),
        ("worker = 2", 1, "`worker`: no such key; there are addr, roles, url, token, data_dir,"),
        ("[limits]\n\nqueu = 2", 3, "`limits.queu`: no such key; there are source_kib, queue,"),
        ("[limits]\nqueue = 0", 2, "`limits.queue`: 0 is outside 1 to"),
        ("workers = -1", 1, "`workers`: -1 is no whole number of at least 0"),
        ("addr = \"7878\"", 1, "`addr`: `7878` is only a port; write 127.0.0.1:7878"),
        ("url = \"https://x\"", 1, "`url`: `https://x`: a daemon speaks http://"),
        ("addr = \"::1\"", 1, "`addr`: `::1` has no port; write [::1]:7878"),
        ("url = \"localhost:7878\"", 1, "write http://localhost:7878"),
        ("url = \"ws://x\"", 1, "`url`: `ws://x` is no URL of a daemon"),
        ("sandbox = 3", 1, "`sandbox`: no such key"),
        ("[sandbox]\ntoolchain = \"docker\"", 2, "`sandbox.toolchain`: `docker` is none of auto,"),
        ("[sandbox]\ncell_cpus = nan", 2, "`sandbox.cell_cpus`: NaN is outside 0.1 to 1024"),
        ("cors_origins = [1]", 1, "`cors_origins`: found integer in a list of texts"),
        ("cors_origins = [\"x/y\"]", 1, "`cors_origins`: `x/y` is no origin"),
        ("roles = []", 1, "`roles`: is empty; one or more of api, hub, worker"),
        ("roles = [\"judge\"]", 1, "`roles`: `judge` is none of api, hub, worker"),
        ("data_dir = \"\"", 1, "`data_dir`: an empty path"),
        ("addr = \"127.0.0.1:1\"\naddr = \"127.0.0.1:2\"", 2, "duplicate key"),
        ("workers = 1\nwhat is this", 2, ""),
    ] {
        write(&file, text);
        let error = Loaded::read(&sources(dir.path())).unwrap_err().to_string();
        let start = format!("{}:{line}: ", file.display());
        assert!(error.starts_with(&start) && error.contains(expected), "{text:?}: {error}");
    }
}

#[test]
fn mistakes_in_variables_and_flags_name_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut sources = sources(dir.path());
    sources.env.insert("SONOCODE_WORKERS".into(), "many".into());
    let error = Loaded::read(&sources).unwrap_err().to_string();
    assert_eq!(
        error,
        "SONOCODE_WORKERS: `workers`: expected a whole number of at least 0, found `many`"
    );
    sources.env.clear();
    sources.flags.push(("addr", "--addr", "nowhere".into()));
    let error = Loaded::read(&sources).unwrap_err().to_string();
    assert!(error.starts_with("--addr: `addr`: `nowhere` is no address"), "{error}");
    sources.flags.clear();
    sources.data_dir = None;
    let error = Loaded::read(&sources).unwrap_err().to_string();
    assert!(error.contains("--data-dir"), "{error}");
}

#[test]
fn values_are_shown_as_toml() {
    assert_eq!(Value::Text("a\"b".into()).to_string(), "'a\"b'");
    assert_eq!(Value::Real(2.0).to_string(), "2.0");
    assert_eq!(Value::List(vec!["x".into(), "y".into()]).to_string(), r#"["x", "y"]"#);
}

#[test]
fn localhost_is_an_address() {
    let dir = tempfile::tempdir().unwrap();
    let mut sources = sources(dir.path());
    sources.flags.push(("addr", "--addr", "localhost:80".into()));
    assert_eq!(Loaded::read(&sources).unwrap().config.addr.to_string(), "127.0.0.1:80");
}

#[test]
fn redis_is_where_others_say_when_nothing_else_says_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut sources = sources(dir.path());
    let url = |sources: &Sources| {
        let loaded = Loaded::read(sources).unwrap();
        let origin = loaded.origin("redis.url").to_string();
        (loaded.config.redis.url.map(|url| url.expose().to_owned()), origin)
    };
    assert_eq!(url(&sources).0, None);
    for (name, value) in [("HOST", "cache"), ("PORT", "6380"), ("PASSWORD", "p@ss")] {
        sources.env.insert(format!("REDIS_{name}").into(), value.into());
    }
    let (found, origin) = url(&sources);
    assert_eq!(found.as_deref(), Some("redis://:p%40ss@cache:6380"));
    assert!(origin.contains("REDIS_HOST"), "{origin}");
    sources.env.insert("REDIS_URL".into(), "redis://other".into());
    assert_eq!(url(&sources).0.as_deref(), Some("redis://other"));
    write(&dir.path().join("sonocode.toml"), "redis.url = \"rediss://file\"\n");
    assert_eq!(url(&sources).0.as_deref(), Some("rediss://file"));
    sources.env.insert("SONOCODE_REDIS_URL".into(), "redis://own".into());
    assert_eq!(url(&sources).0.as_deref(), Some("redis://own"));
    sources.env.insert("SONOCODE_REDIS_URL".into(), "http://:secret@own".into());
    let mistake = Loaded::read(&sources).unwrap_err().to_string();
    assert!(mistake.contains("SONOCODE_REDIS_URL") && !mistake.contains("secret"), "{mistake}");
}
