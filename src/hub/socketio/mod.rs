//! Socket.IO, protocol version 5: namespaces, events and acknowledgements over Engine.IO.

mod arg;
mod namespace;

pub use arg::{Arg, Json};
pub use namespace::{
    Ack, Client, Connected, Emit, Flow, Handler, Namespace, Outgoing, Reason, Refused, Resume,
    Transport,
};
