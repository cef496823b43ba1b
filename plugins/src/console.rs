//! The channel that prints each message on standard output: for a first look.

use std::io::{self, Write};

use async_trait::async_trait;
use rappel_core::channel::{Channel, Outcome, Outgoing};

use crate::readable;

/// Prints one block a message.
#[derive(Debug, Default)]
pub struct ConsoleChannel;

#[async_trait]
impl Channel for ConsoleChannel {
    fn honours_reference(&self) -> bool {
        false
    }

    async fn send(&self, message: &Outgoing) -> Outcome {
        match print(message, &mut io::stdout().lock()) {
            Ok(()) => Outcome::Accepted { gateway_id: None },
            Err(error) => Outcome::Unreachable {
                reason: format!("standard output can't be written: {}", error.kind()),
            },
        }
    }
}

/// Writes the block in one piece, so that blocks of messages that go at once don't mix.
fn print(message: &Outgoing, out: &mut impl Write) -> io::Result<()> {
    let mut block = format!("──── {} {}\n", message.kind, message.channel);
    block.push_str(&readable::text(message));
    block.push('\n');
    // What a terminal would take as a command stays text.
    block.retain(|c| c == '\n' || !c.is_control());
    out.write_all(block.as_bytes())?;
    out.flush()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::example;

    fn printed(message: &Outgoing) -> String {
        let mut out = Vec::new();
        print(message, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.replace(&message.id.to_string(), "ID")
    }

    #[test]
    fn a_block() {
        insta::assert_snapshot!("block", printed(&example::email()));
    }

    #[test]
    fn a_terminal_gets_no_commands() {
        let message = example::saying(example::sms(), |content| {
            content.text = "red \u{1b}[31m, bell \u{7}, \u{9b}2J, two\nlines".into();
        });
        assert!(printed(&message).ends_with("red [31m, bell , 2J, two\nlines\n\n"));
    }
}
