//! A message as a person reads it, for the channels that send nothing: `file` and `console`.

use std::fmt::Write;

use rappel_core::channel::{ChannelKind, Outgoing, Sender};

/// The message with a few header lines: from, to, subject, and what an SMS takes.
pub(crate) fn text(message: &Outgoing) -> String {
    let content = &message.content;
    let mut out = String::with_capacity(content.text.len() + 256);
    let mut header = |name: &str, value: &str| {
        let value: String = value
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        // Writing to a String can't fail.
        let _ = writeln!(out, "{name}: {value}");
    };
    header("From", &from(&message.sender, message.channel));
    header("To", message.to.as_str());
    if let Some(address) = &message.sender.reply_to
        && message.channel == ChannelKind::Email
    {
        header("Reply-To", address);
    }
    if let Some(subject) = &content.subject {
        header("Subject", subject);
    }
    header("Kind", message.kind.as_str());
    header("Message", &message.id.to_string());
    if let Some(encoding) = content.encoding {
        let (units, segments) = (content.units, content.segments);
        let plural = if segments == 1 { "" } else { "s" };
        header(
            "Takes",
            &format!(
                "{segments} segment{plural}, {units} units of {}",
                encoding.name()
            ),
        );
    }
    out.push('\n');
    out.push_str(content.ssml.as_deref().unwrap_or(&content.text));
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn from(sender: &Sender, channel: ChannelKind) -> String {
    let name = &sender.facility;
    let address = match channel {
        ChannelKind::Sms => return sender.sms.clone().unwrap_or_else(|| name.clone()),
        ChannelKind::Voice => &sender.phone,
        ChannelKind::Email => &sender.email,
    };
    let name = match channel {
        ChannelKind::Email => sender.email_name.as_ref().unwrap_or(name),
        _ => name,
    };
    match address {
        Some(address) => format!("{name} <{address}>"),
        None => name.clone(),
    }
}
