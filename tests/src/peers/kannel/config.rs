//! Kannel's configuration file.

use super::Kannel;
use crate::peers::free_port;

/// The loopback ports of one Kannel.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    /// bearerbox's status page.
    pub(super) admin: u16,
    /// Where smsbox finds bearerbox.
    pub(super) smsbox: u16,
    /// Where fakesmsc finds bearerbox.
    pub(super) smsc: u16,
    /// Where messages are handed in.
    pub(super) sendsms: u16,
}

impl Ports {
    pub(super) fn free() -> Self {
        Self {
            admin: free_port(),
            smsbox: free_port(),
            smsc: free_port(),
            sendsms: free_port(),
        }
    }
}

/// One file serves both boxes. Kannel's default for `max-messages` is 1, which cuts a long text after 160 characters
/// without a word; 255 is all that a chain's header can count.
pub(super) fn text(ports: Ports, inbound: Option<&str>) -> String {
    let Ports {
        admin,
        smsbox,
        smsc,
        sendsms,
    } = ports;
    let (username, password, unroutable) = (
        Kannel::USERNAME,
        Kannel::PASSWORD,
        Kannel::UNROUTABLE_PREFIX,
    );
    let service = inbound.map(|url| {
        format!(
            r#"
group = sms-service
keyword = default
catch-all = true
# No answer to the phone: the clinic's host decides on that.
max-messages = 0
get-url = "{url}"
"#
        )
    });
    format!(
        r#"group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = admin
smsbox-port = {smsbox}
smsbox-interface = 127.0.0.1
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake
port = {smsc}
our-host = 127.0.0.1
denied-prefix = "{unroutable}"

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {smsbox}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
global-sender = 13013

group = sendsms-user
username = {username}
password = {password}
concatenation = true
max-messages = 255
{}"#,
        service.unwrap_or_default()
    )
}
