//! What a client may send, read as Engine.IO and Socket.IO do: nothing panics, and whatever is accepted is
//! written and read again as the same.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use sonocode::hub::{
    engineio::{Message, packet},
    socketio::packet::{Decoder, Packet},
};

/// Attachments of one packet, in bytes.
const LONGEST: usize = 1 << 16;

fuzz_target!(|data: &[u8]| {
    let Ok(payload) = std::str::from_utf8(data) else { return };
    let mut decoder = Decoder::new(LONGEST);
    for engine in packet::packets(payload) {
        let Ok(engine) = engine else { return };
        again_engine(&engine);
        let packet::Packet::Message(message) = engine else { continue };
        let read = match message {
            Message::Text(text) => decoder.text(text.as_str()),
            Message::Binary(bytes) => decoder.binary(bytes),
        };
        match read {
            Ok(Some(packet)) => again(&packet),
            Ok(None) => {}
            Err(_) => return,
        }
    }
});

fn again_engine(packet: &packet::Packet) {
    let frame = packet.clone().into_frame();
    let payload = String::from_utf8(packet::payload([frame].iter())).expect("text");
    let read: Vec<_> = packet::packets(&payload).collect();
    assert_eq!(read, [Ok(packet.clone())]);
}

fn again(packet: &Packet) {
    let encoded = packet.encode();
    let mut decoder = Decoder::new(usize::MAX);
    let mut read = decoder.text(&encoded.text).expect("what was written");
    for bytes in encoded.attachments {
        assert_eq!(read, None);
        read = decoder.binary(Bytes::clone(&bytes)).expect("an attachment");
    }
    assert_eq!(read.as_ref(), Some(packet));
}
