//! Packets: every form on the wire, what is refused, and that whatever is written can be read.
#![allow(clippy::unwrap_used)] // A test may panic.

use super::{
    arg::{Arg, Json},
    packet::{ATTACHMENTS, Body, Decoder, Malformed, Packet},
};
use bytes::Bytes;
use proptest::{collection::vec, prelude::*};

const LONGEST: usize = 1 << 16;

fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

fn args(texts: &[&str]) -> Vec<Arg> {
    texts.iter().map(|text| Arg::Json(json(text))).collect()
}

/// Reads a packet and its attachments.
fn read(text: &str, attachments: &[&[u8]]) -> Result<Packet, Malformed> {
    let mut decoder = Decoder::new(LONGEST);
    let mut packet = decoder.text(text)?;
    for bytes in attachments {
        assert_eq!(packet, None, "{text} is complete too early");
        packet = decoder.binary(Bytes::copy_from_slice(bytes))?;
    }
    Ok(packet.expect("the packet waits for attachments"))
}

fn refusal(text: &str) -> Malformed {
    Decoder::new(LONGEST).text(text).unwrap_err()
}

#[test]
fn every_type_on_the_wire() {
    let root = |body| Packet { namespace: "/".into(), body };
    let admin = |body| Packet { namespace: "/admin".into(), body };
    let event =
        |ack, name: &str, texts: &[&str]| Body::Event { ack, name: name.into(), args: args(texts) };
    for (text, packet) in [
        ("0", root(Body::Connect(None))),
        ("0/admin,", admin(Body::Connect(None))),
        (r#"0{"token":"1"}"#, root(Body::Connect(Some(json(r#"{"token":"1"}"#))))),
        (r#"0/admin,{"b":1,"a":2}"#, admin(Body::Connect(Some(json(r#"{"b":1,"a":2}"#))))),
        ("1", root(Body::Disconnect)),
        ("1/admin,", admin(Body::Disconnect)),
        (
            r#"2["a",1,"2",{"3":[true]}]"#,
            root(event(None, "a", &["1", "\"2\"", r#"{"3":[true]}"#])),
        ),
        (r#"2/admin,456["a"]"#, admin(event(Some(456), "a", &[]))),
        (r#"345["x",null]"#, root(Body::Ack { id: 45, args: args(&["\"x\"", "null"]) })),
        ("3/admin,0[]", admin(Body::Ack { id: 0, args: vec![] })),
        (r#"4/admin,{"message":"no"}"#, admin(Body::ConnectError(json(r#"{"message":"no"}"#)))),
        (r#"4"no""#, root(Body::ConnectError(json("\"no\"")))),
    ] {
        assert_eq!(read(text, &[]), Ok(packet.clone()), "{text}");
        let encoded = packet.encode();
        assert_eq!((&*encoded.text, encoded.attachments.len()), (text, 0));
    }
}

#[test]
fn a_namespace_may_end_the_packet() {
    let packet = |body| Ok(Packet { namespace: "/a/b?c".into(), body });
    assert_eq!(read("0/a/b?c", &[]), packet(Body::Connect(None)));
    assert_eq!(read("1/a/b?c", &[]), packet(Body::Disconnect));
}

#[test]
fn bytes_follow_their_packet() {
    let text =
        r#"52-/admin,7["file",{"_placeholder":true,"num":1},"x",{"_placeholder":true,"num":0}]"#;
    let packet = read(text, &[&[1, 2], &[3]]).unwrap();
    let binary = |bytes: &'static [u8]| Arg::Binary(Bytes::from_static(bytes));
    let args = vec![binary(&[3]), Arg::Json(json("\"x\"")), binary(&[1, 2])];
    let body = Body::Event { ack: Some(7), name: "file".into(), args };
    assert_eq!(packet, Packet { namespace: "/admin".into(), body });
    let encoded = packet.encode();
    assert_eq!(
        encoded.text,
        r#"52-/admin,7["file",{"_placeholder":true,"num":0},"x",{"_placeholder":true,"num":1}]"#
    );
    assert_eq!(encoded.attachments, [&[3][..], &[1, 2]]);
}

#[test]
fn bytes_within_values_keep_the_rest_as_it_was_written() {
    let text = r#"62-1[{"z":1e400,"a":[{"_placeholder":true,"num":1},{"b":{"num":0,"_placeholder":true}}]},"\"_placeholder\""]"#;
    let packet = read(text, &[&[1], &[2]]).unwrap();
    let Body::Ack { id: 1, args } = &packet.body else { panic!("{packet:?}") };
    let own =
        r#"{"z":1e400,"a":[{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1}}]}"#;
    let attachments = vec![Bytes::from_static(&[2]), Bytes::from_static(&[1])];
    assert_eq!(args[0], Arg::Mixed { json: json(own), attachments });
    assert_eq!(args[1], Arg::Json(json(r#""\"_placeholder\"""#)));
    // Behind another attachment the numbers move.
    let body =
        Body::Ack { id: 1, args: vec![Arg::Binary(Bytes::from_static(&[9])), args[0].clone()] };
    let encoded = Packet { namespace: "/".into(), body }.encode();
    let moved = own.replace("\"num\":1", "\"num\":2").replace("\"num\":0", "\"num\":1");
    assert_eq!(encoded.text, format!(r#"63-1[{{"_placeholder":true,"num":0}},{moved}]"#));
    assert_eq!(encoded.attachments, [&[9][..], &[2], &[1]]);
}

#[test]
fn what_is_refused() {
    for text in ["", "abc", "7", "9[]", "é", "-1"] {
        assert_eq!(refusal(text), Malformed::Type, "{text:?}");
    }
    for text in [
        "2",
        "2{}",
        "2[]",
        "2[null]",
        "2[{}]",
        "2[true]",
        "2abc[\"a\"]",
        "2[\"a\"",
        "2[\"a\"]]",
        "2[\"connect\"]",
        "2[\"disconnecting\"]",
        "3",
        "31",
        "31{}",
        "1{}",
        "1[]",
        "0[]",
        "0\"x\"",
        "01",
        "4",
        "41",
        "4[]",
        "2/admin[\"a\"]",
        "2[\"\u{1}\"]",
        "2[\"\\ud800\"]",
    ] {
        assert!(matches!(refusal(text), Malformed::Payload(_)), "{text:?}: {:?}", refusal(text));
    }
    for text in ["3[]", "3/admin,[]", "299999999999999999999[\"a\"]"] {
        assert_eq!(refusal(text), Malformed::Id, "{text:?}");
    }
    for text in
        ["5[\"a\"]", "5-[\"a\"]", "51[\"a\"]", "5999-[\"a\"]", "6x-[]", "599999999999999999999-[]"]
    {
        assert_eq!(refusal(text), Malformed::Attachments, "{text:?}");
    }
    assert_eq!(refusal(&format!("0/{}", "n".repeat(256))), Malformed::Namespace);
    assert!(read(&format!("0/{}", "n".repeat(255)), &[]).is_ok());
}

#[test]
fn attachments_are_held_to_their_packet() {
    let mut decoder = Decoder::new(LONGEST);
    assert_eq!(decoder.binary(Bytes::new()), Err(Malformed::Unannounced));
    let mut decoder = Decoder::new(LONGEST);
    let one = r#"51-["a",{"_placeholder":true,"num":0}]"#;
    assert_eq!(decoder.text(one), Ok(None));
    assert_eq!(decoder.text("2[\"b\"]"), Err(Malformed::Interrupted));
    let mut decoder = Decoder::new(3);
    assert_eq!(decoder.text(&one.replace("51", "52")), Ok(None));
    assert_eq!(decoder.binary(Bytes::from_static(&[1, 2])), Ok(None));
    assert_eq!(decoder.binary(Bytes::from_static(&[3, 4])), Err(Malformed::TooLong(3)));
    for number in ["1", "-1", "\"0\"", "0.5", "null"] {
        let text = one.replace("\"num\":0", &format!("\"num\":{number}"));
        assert_eq!(read(&text, &[&[1]]), Err(Malformed::Placeholder), "{text}");
    }
    let deep = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        let text =
            one.replace(r#"{"_"#, &format!(r#"{open}{{"_"#)).replace("0}", &format!("0}}{close}"));
        read(&text, &[&[1]])
    };
    assert!(deep(31).is_ok());
    assert_eq!(deep(32), Err(Malformed::Placeholder));
    assert_eq!(deep(10_000), Err(Malformed::Placeholder));
}

#[test]
fn errors_say_what_is_wrong() {
    assert_eq!(refusal("x").to_string(), "a packet of an unknown type");
    assert_eq!(
        refusal("5[]").to_string(),
        format!("a binary packet without a number of attachments from 0 to {ATTACHMENTS}")
    );
    assert_eq!(refusal("2{}").to_string(), "a packet whose JSON is not an array");
}

/// Any JSON, as it may be written.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".{0,9}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Into::into),
            vec(("[a-z]{0,3}", inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

fn arg() -> impl Strategy<Value = Arg> {
    let bytes = || vec(any::<u8>(), 0..5).prop_map(Bytes::from);
    prop_oneof![
        4 => value().prop_map(|value| Arg::of(&value)),
        1 => bytes().prop_map(Arg::Binary),
        1 => (value(), vec(bytes(), 1..4)).prop_map(|(value, attachments)| {
            let places = (0..attachments.len())
                .map(|number| format!(r#"{{"_placeholder":true,"num":{number}}}"#));
            let text = format!("[{value},{}]", places.collect::<Vec<_>>().join(","));
            Arg::Mixed { json: json(&text), attachments }
        }),
    ]
}

fn body() -> impl Strategy<Value = Body> {
    let object = || {
        vec(("[a-z]{1,3}", value()), 0..3)
            .prop_map(|members| Json::of(&members.into_iter().collect::<serde_json::Map<_, _>>()))
    };
    prop_oneof![
        proptest::option::of(object()).prop_map(Body::Connect),
        Just(Body::Disconnect),
        (any::<Option<u64>>(), ".{0,9}", vec(arg(), 0..5))
            .prop_map(|(ack, name, args)| Body::Event { ack, name, args }),
        (any::<u64>(), vec(arg(), 0..5)).prop_map(|(id, args)| Body::Ack { id, args }),
        object().prop_map(Body::ConnectError),
    ]
}

proptest! {
    #[test]
    fn packets_come_back(namespace in "/[^,]{0,9}", body in body()) {
        let packet = Packet { namespace, body };
        let encoded = packet.encode();
        let mut decoder = Decoder::new(LONGEST);
        let mut back = decoder.text(&encoded.text).unwrap();
        for bytes in encoded.attachments {
            prop_assert_eq!(&back, &None);
            back = decoder.binary(bytes).unwrap();
        }
        prop_assert_eq!(back, Some(packet));
    }

    #[test]
    fn anything_is_read_or_refused(
        texts in vec(prop_oneof![any::<String>(), "[0-6][0-9]{0,2}-?(/[a-z]{0,3},)?[0-9]{0,3}(\\[.{0,30}|\\{.{0,9}\\})?"], 1..4),
        bytes in vec(any::<u8>(), 0..9),
    ) {
        let mut decoder = Decoder::new(8);
        for text in texts {
            let _ = decoder.text(&text);
            let _ = decoder.binary(Bytes::from(bytes.clone()));
        }
    }
}
