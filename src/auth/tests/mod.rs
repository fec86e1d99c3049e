//! Tokens of all kinds. The keys beside this file are for these tests only.
#![allow(clippy::unwrap_used)] // A test may panic.

use super::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

const SECRET: &str = "a secret of the tests, long enough";
const RSA_KEY: &[u8] = include_bytes!("rsa.key.pem");
const RSA: &str = include_str!("rsa.pem");
const ED_KEY: &[u8] = include_bytes!("ed.key.pem");
const ED: &str = include_str!("ed.pem");

/// A folder with the keys of the tests, and a configuration that has them all.
struct House {
    dir: tempfile::TempDir,
    config: AuthConfig,
}

impl House {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut house = Self { dir, config: AuthConfig::default() };
        house.config.mode = Mode::Required;
        house.config.secret = Some(Secret::new(SECRET));
        house.config.public_keys = vec![house.file("rsa.pem", RSA), house.file("ed.pem", ED)];
        house
    }

    fn auth(&self) -> Auth {
        Auth::open(&self.config, self.dir.path()).unwrap()
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Why the keys cannot be read.
    fn complaint(&self) -> String {
        Auth::open(&self.config, self.dir.path()).unwrap_err().to_string()
    }
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

/// Good claims with these over them; null takes one away.
fn claims(over: Value) -> Value {
    let mut claims = json!({ "sub": "ada", "exp": now() + 600 });
    let Value::Object(over) = over else { panic!("claims are an object: {over}") };
    for (name, value) in over {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(&name)),
            value => claims[name] = value,
        }
    }
    claims
}

fn signed(algorithm: Algorithm, kid: Option<&str>, claims: &Value) -> String {
    let key = match algorithm {
        Algorithm::RS256 | Algorithm::RS512 => EncodingKey::from_rsa_pem(RSA_KEY).unwrap(),
        Algorithm::EdDSA => EncodingKey::from_ed_pem(ED_KEY).unwrap(),
        _ => EncodingKey::from_secret(SECRET.as_bytes()),
    };
    let header = Header { kid: kid.map(Into::into), ..Header::new(algorithm) };
    encode(&header, claims, &key).unwrap()
}

/// A token with any header at all, signed as HS256 with any key.
fn forged(header: &Value, key: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(&claims(json!({}))));
    let key = EncodingKey::from_secret(key);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn hs256(over: Value) -> String {
    signed(Algorithm::HS256, None, &claims(over))
}

#[test]
fn every_algorithm_with_and_without_a_key_s_name() {
    let auth = House::new().auth();
    for (algorithm, name) in
        [(Algorithm::HS256, "secret"), (Algorithm::RS256, "rsa"), (Algorithm::EdDSA, "ed")]
    {
        for kid in [None, Some(name)] {
            let token = signed(algorithm, kid, &claims(json!({ "role": "setter" })));
            let identity = auth.verify(&token).unwrap();
            assert_eq!((identity.user.as_str(), identity.role), ("ada", Role::Setter));
            assert!(identity.expires.unwrap() > Timestamp::now());
        }
    }
    assert_eq!(auth.failures().map(|(_, count)| count).sum::<u64>(), 0);
}

#[test]
fn bad_tokens_are_refused_with_a_code() {
    use AuthCode::*;
    let auth = House::new().auth();
    let good = hs256(json!({}));
    let mut parts: Vec<&str> = good.split('.').collect();
    let other = URL_SAFE_NO_PAD.encode(claims(json!({ "sub": "eve" })).to_string());
    let swapped = [parts[0], &other, parts[2]].join(".");
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    let last = parts.pop().unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let foreign = |alg: &str| forged(&json!({ "alg": alg }), SECRET.as_bytes());
    let table = [
        (TokenMalformed, "nothing".to_owned()),
        (TokenMalformed, "..".to_owned()),
        (TokenMalformed, format!("{good}.{last}")),
        (TokenMalformed, format!("{}.{}", parts[0], parts[1])),
        (TokenMalformed, format!("W10.{}.{last}", parts[1])),
        (TokenMalformed, forged(&json!({ "alg": "HS256", "crit": ["b64"] }), SECRET.as_bytes())),
        (TokenMalformed, forged(&json!({ "alg": "HS256", "kid": 7 }), SECRET.as_bytes())),
        (TokenTooLong, hs256(json!({ "padding": "x".repeat(9000) }))),
        (AlgorithmRefused, format!("{none}.{}.", parts[1])),
        (AlgorithmRefused, format!("{none}.{}.{last}", parts[1])),
        (AlgorithmRefused, foreign("None")),
        (AlgorithmRefused, foreign("nOnE")),
        (AlgorithmRefused, foreign("hs256")),
        (AlgorithmRefused, forged(&json!({ "typ": "JWT" }), SECRET.as_bytes())),
        (AlgorithmRefused, signed(Algorithm::HS512, None, &claims(json!({})))),
        (AlgorithmRefused, signed(Algorithm::RS512, None, &claims(json!({})))),
        // The secret's name with another algorithm, and a public key's with HS256.
        (AlgorithmRefused, signed(Algorithm::RS256, Some("secret"), &claims(json!({})))),
        (AlgorithmRefused, forged(&json!({ "alg": "HS256", "kid": "rsa" }), RSA.as_bytes())),
        (SignatureInvalid, forged(&json!({ "alg": "HS256" }), RSA.as_bytes())),
        (SignatureInvalid, forged(&json!({ "alg": "HS256" }), ED.as_bytes())),
        (SignatureInvalid, forged(&json!({ "alg": "HS256" }), b"")),
        (SignatureInvalid, forged(&json!({ "alg": "RS256" }), SECRET.as_bytes())),
        (SignatureInvalid, swapped),
        (SignatureInvalid, unsigned),
        (KeyUnknown, signed(Algorithm::HS256, Some("other"), &claims(json!({})))),
        (KeyUnknown, signed(Algorithm::HS256, Some("../rsa"), &claims(json!({})))),
        (TokenExpired, hs256(json!({ "exp": now() - 61 }))),
        (TokenExpired, hs256(json!({ "exp": 0 }))),
        (TokenNotYetValid, hs256(json!({ "nbf": now() + 90 }))),
        (ClaimInvalid, hs256(json!({ "exp": null }))),
        (ClaimInvalid, hs256(json!({ "exp": "tomorrow" }))),
        (ClaimInvalid, hs256(json!({ "nbf": "soon" }))),
        (ClaimInvalid, hs256(json!({ "sub": null }))),
        (ClaimInvalid, hs256(json!({ "sub": "" }))),
        (ClaimInvalid, hs256(json!({ "sub": "a\nb" }))),
        (ClaimInvalid, hs256(json!({ "sub": "x".repeat(129) }))),
        (TokenMalformed, hs256(json!({ "sub": ["ada"] }))),
        (ClaimInvalid, hs256(json!({ "role": "root" }))),
        (ClaimInvalid, hs256(json!({ "role": ["admin"] }))),
        // Meant for somebody, and this daemon has no name.
        (AudienceWrong, hs256(json!({ "aud": "other" }))),
    ];
    for (number, (code, token)) in table.iter().enumerate() {
        let error = auth.verify(token).unwrap_err();
        assert_eq!(error.code, *code, "{number}: {token}: {error}");
        assert!(!error.message.contains(SECRET) && !error.message.contains(last), "{error}");
    }
    for code in AuthCode::ALL {
        let expected = table.iter().filter(|(of, _)| *of == code).count() as u64;
        assert_eq!(auth.failures().find(|(of, _)| *of == code), Some((code, expected)));
    }
}

#[test]
fn clocks_may_differ_by_the_leeway() {
    let mut house = House::new();
    let auth = house.auth();
    for over in [json!({ "exp": now() - 30 }), json!({ "nbf": now() + 30 })] {
        assert!(auth.verify(&hs256(over)).is_ok());
    }
    // What is good for so long is not taken for longer.
    let taken = auth.verify(&hs256(json!({ "exp": now() + 100 }))).unwrap().expires.unwrap();
    assert!((now() + 158..=now() + 161).contains(&taken.as_second()), "{taken}");
    house.config.leeway_secs = 0;
    let error = house.auth().verify(&hs256(json!({ "exp": now() - 30 }))).unwrap_err();
    assert_eq!(error.code, AuthCode::TokenExpired);
}

#[test]
fn audience_and_issuer_must_be_there_when_they_are_configured() {
    let mut house = House::new();
    house.config.audience = Some("judge".into());
    house.config.issuer = Some("school".into());
    let auth = house.auth();
    let code = |over| auth.verify(&hs256(over)).map_err(|error| error.code);
    for aud in [json!("judge"), json!(["chat", "judge"])] {
        assert!(code(json!({ "aud": aud, "iss": "school" })).is_ok());
    }
    for (over, expected) in [
        (json!({ "iss": "school" }), AuthCode::ClaimInvalid),
        (json!({ "aud": "judge" }), AuthCode::ClaimInvalid),
        (json!({ "aud": "chat", "iss": "school" }), AuthCode::AudienceWrong),
        (json!({ "aud": [], "iss": "school" }), AuthCode::AudienceWrong),
        (json!({ "aud": "judge", "iss": "street" }), AuthCode::IssuerWrong),
    ] {
        assert_eq!(code(over.clone()), Err(expected), "{over}");
    }
    let own = auth.issue("ada", Role::User, Duration::from_secs(60)).unwrap();
    let checked = auth.verify(&own.token).unwrap();
    assert_eq!((checked.user, checked.role), (own.identity.user, own.identity.role));
}

#[test]
fn the_user_s_claim_can_be_another_and_a_number() {
    let mut house = House::new();
    house.config.user_claim = "userId".into();
    let auth = house.auth();
    assert_eq!(auth.verify(&hs256(json!({ "userId": 42 }))).unwrap().user, "42");
    assert_eq!(auth.verify(&hs256(json!({}))).unwrap_err().code, AuthCode::ClaimInvalid);
    let own = auth.issue("ada", Role::Admin, Duration::from_secs(60)).unwrap();
    assert_eq!(auth.verify(&own.token).unwrap().user, "ada");
}

#[test]
fn who_may_register_whom() {
    let mut house = House::new();
    let (own, service) = (hs256(json!({})), hs256(json!({ "role": "service" })));
    let setter = hs256(json!({ "role": "setter" }));
    let auth = house.auth();
    let code = |result: Result<Identity, AuthError>| result.map_err(|error| error.code);
    assert_eq!(auth.admit("ada", Some(&own)).unwrap().user, "ada");
    assert_eq!(auth.admit("bob", Some(&service)).unwrap().user, "bob");
    for token in [&own, &setter] {
        assert_eq!(code(auth.admit("bob", Some(token))), Err(AuthCode::UserMismatch));
    }
    for token in [None, Some("")] {
        assert_eq!(code(auth.admit("ada", token)), Err(AuthCode::TokenMissing));
    }
    // Known from the handshake: no second token, but still the same user, and only as long as it lasts.
    let known = auth.handshake(Some(&own)).unwrap().unwrap();
    assert!(auth.admit_known("ada", None, Some(&known)).is_ok());
    assert_eq!(code(auth.admit_known("bob", None, Some(&known))), Err(AuthCode::UserMismatch));
    assert_eq!(
        code(auth.admit_known("ada", Some("no"), Some(&known))),
        Err(AuthCode::TokenMalformed)
    );
    let past = Identity { expires: Timestamp::from_second(now() - 100).ok(), ..known };
    assert_eq!(code(auth.admit_known("ada", None, Some(&past))), Err(AuthCode::TokenExpired));
    assert_eq!(auth.handshake(None), Ok(None));

    house.config.mode = Mode::Optional;
    let auth = house.auth();
    assert_eq!(auth.admit("anyone", None).unwrap().role, Role::User);
    assert_eq!(code(auth.admit("bob", Some(&own))), Err(AuthCode::UserMismatch));
    assert_eq!(code(auth.admit("bob", Some("no"))), Err(AuthCode::TokenMalformed));

    let off = Auth::off();
    assert_eq!(off.admit("bob", Some("whatever")).unwrap().user, "bob");
    assert_eq!(off.handshake(Some("whatever")), Ok(None));
}

#[test]
fn roles_and_needs() {
    use Need::*;
    let roles = |need| Role::ALL.map(|role| role.may(need).is_ok());
    assert_eq!(roles(Nothing), [true; 4]);
    assert_eq!(roles(User), [true; 4]);
    assert_eq!(roles(Status), [true; 4]);
    assert_eq!(roles(Setter), [false, true, false, true]);
    assert_eq!(roles(Service), [false, false, true, true]);
    assert_eq!(roles(Figures), [false, false, true, true]);
    let mut house = House::new();
    for (mode, open, here) in [
        (Mode::Off, [true; 6], [true; 6]),
        (
            Mode::Optional,
            [true, true, false, false, false, false],
            [true, true, false, false, true, true],
        ),
        (
            Mode::Required,
            [true, false, false, false, false, false],
            [true, false, false, false, true, true],
        ),
    ] {
        house.config.mode = mode;
        let auth = house.auth();
        let allowed = |local| {
            [Nothing, User, Setter, Service, Status, Figures]
                .map(|need| auth.allow(need, None, local).is_ok())
        };
        assert_eq!((allowed(false), allowed(true)), (open, here), "{mode:?}");
    }
}

#[test]
fn a_secret_is_made_once_and_the_daemon_s_own_token_at_each_start() {
    let dir = tempfile::tempdir().unwrap();
    let config = AuthConfig { mode: Mode::Required, ..AuthConfig::default() };
    let path = |name| dir.path().join(name);
    let read = |name| fs::read_to_string(path(name)).unwrap().trim().to_owned();
    let first = Auth::open(&config, dir.path()).unwrap();
    let (secret, token) = (read(SECRET_FILE), read(TOKEN_FILE));
    for name in [SECRET_FILE, TOKEN_FILE] {
        assert_eq!(fs::metadata(path(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(first.verify(&token).unwrap().role, Role::Admin);
    let issued = first.issue("ada", Role::User, Duration::from_secs(60)).unwrap().token;
    let second = Auth::open(&config, dir.path()).unwrap();
    assert_eq!(read(SECRET_FILE), secret);
    assert!(second.verify(&issued).is_ok(), "what was given out stays good");
    assert_eq!(second.verify(&token).unwrap_err().code, AuthCode::SignatureInvalid);
    assert!(second.verify(&read(TOKEN_FILE)).is_ok());
    assert!(!format!("{second:?}{config:?}").contains(&secret));
    Auth::open(&AuthConfig::default(), dir.path()).unwrap();
    assert!(!path(TOKEN_FILE).exists(), "an open door needs no key");
}

#[test]
fn public_keys_alone_check_and_do_not_sign() {
    let mut house = House::new();
    house.config.secret = None;
    let auth = house.auth();
    assert!(!house.dir.path().join(SECRET_FILE).exists());
    let error = auth.issue("ada", Role::User, Duration::from_secs(60)).unwrap_err();
    assert!(error.message.contains("auth.secret"), "{error}");
    assert!(auth.verify(&signed(Algorithm::EdDSA, None, &claims(json!({})))).is_ok());
    // The daemon's own commands have a token still.
    let token = fs::read_to_string(house.dir.path().join(TOKEN_FILE)).unwrap();
    assert_eq!(auth.verify(token.trim()).unwrap().role, Role::Admin);
}

#[test]
fn mistakes_of_keys_are_named() {
    let mut house = House::new();
    house.config.secret_file = Some(house.file("secret.txt", SECRET));
    assert!(house.complaint().contains("secret and secret_file are both set"));
    house.config.secret = None;
    house.config.secret_file = Some(house.file("secret.txt", "  short and known \n"));
    let complaint = house.complaint();
    assert!(complaint.contains("secret.txt") && complaint.contains("fewer than 32 bytes"));
    assert!(!complaint.contains("known"), "{complaint}");
    house.config.secret_file = Some("nowhere/secret".into());
    assert!(house.complaint().contains("nowhere/secret"));
    house.config.secret_file = None;
    let private = String::from_utf8(RSA_KEY.to_vec()).unwrap();
    for (name, content, expected) in [
        ("private.pem", private.as_str(), "is a private key"),
        ("nothing.pem", "nothing", "is no RSA or Ed25519 public key"),
        ("ec.pem", include_str!("ec.pem"), "is no RSA or Ed25519 public key"),
        ("short.pem", include_str!("short.pem"), "fewer than 2048 bits"),
        ("secret.pem", RSA, "the name `secret` is taken"),
        ("ed.key", RSA, "the name `ed` is taken"),
    ] {
        house.config.public_keys = vec![house.file("ed.pem", ED), house.file(name, content)];
        let complaint = house.complaint();
        assert!(complaint.contains(expected), "{name}: {complaint}");
    }
}

#[test]
fn tokens_that_are_made_have_bounds() {
    let auth = House::new().auth();
    let code = |user: &str, secs| {
        auth.issue(user, Role::User, Duration::from_secs(secs)).map_err(|error| error.code).err()
    };
    assert_eq!(code("ada", 1), None);
    for (user, secs) in [("", 60), ("a\tb", 60), ("ada", 0), ("ada", 400 * 366 * 86_400)] {
        assert_eq!(code(user, secs), Some(AuthCode::ClaimInvalid), "{user:?} {secs}");
    }
}
