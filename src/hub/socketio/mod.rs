//! Socket.IO, protocol version 5: namespaces, events and acknowledgements over Engine.IO.
//!
//! Knows nothing of what it carries: an application gives a [`Namespace`], which makes a [`Handler`] for
//! each client that it lets in. All of a connection runs in the connection's one task, so that the events
//! of a socket are handled one after the other, in the order in which they came.

mod arg;
mod connection;
mod namespace;
pub mod packet;
#[cfg(test)]
mod packet_tests;
mod placeholder;
mod server;
mod settings;
mod space;

pub use arg::{Arg, Json};
pub use namespace::{
    Ack, Client, Connected, Emit, Flow, Handler, Namespace, Outgoing, Reason, Refused, Resume,
    Transport,
};
pub use server::{Namespaces, service};
pub use settings::Settings;
