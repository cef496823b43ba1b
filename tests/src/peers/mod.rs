//! Peers for end-to-end tests: real servers from Debian packages, and gateways in the test process that keep a ledger.
//!
//! | peer | what it is | Debian packages |
//! | --- | --- | --- |
//! | [`Kannel`] | SMS gateway with its fake SMSC | `kannel kannel-extras` |
//! | [`Postfix`] | mail server that delivers into a Maildir | `postfix sasl2-bin libsasl2-modules openssl`, as root |
//! | [`Gateway`] | HTTP gateway in the test process, with a ledger and faults on demand | none |
//! | [`Exchange`] | telephone exchange in the test process that speaks Twilio's Calls API, with a ledger and keys to press | none |
//! | [`Callbacks`] | HTTP server that notes what is posted to it, such as delivery receipts | none |
//!
//! Each starts on free loopback ports with a directory of its own, so that tests run side by side, and ends with
//! the test, also when that test panics or is killed. A peer that isn't installed fails the test and says what to install.
//!
//! Starting and waiting block the thread. A test that has tasks of its own to run meanwhile (an HTTP server, a client
//! that isn't awaited) needs `#[tokio::test(flavor = "multi_thread")]`.

mod callbacks;
mod error;
mod exchange;
mod gateway;
mod http;
mod kannel;
mod ports;
mod postfix;
mod process;
mod wait;

pub use callbacks::Callbacks;
pub use error::PeerError;
pub use exchange::{Answered, Call, Exchange, Twiml};
pub use gateway::{Answer, Behaviour, Entry, Fault, Gateway, Ledger, Outcome};
pub use http::Request;
pub use kannel::{Coding, Kannel, Sms};
pub use ports::free_port;
pub use postfix::{Mail, Part, Postfix};
