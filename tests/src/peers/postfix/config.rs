//! Postfix's configuration files, and where things are in its directory.

use std::path::Path;

use super::Postfix;

pub(super) const CONF: &str = "conf";
pub(super) const MAILDIR: &str = "mail";
pub(super) const MAIL_LOG: &str = "mail.log";
pub(super) const CERTIFICATE: &str = "certificate.pem";
pub(super) const KEY: &str = "key.pem";
pub(super) const PASSWORDS: &str = "sasldb2";

/// The directories in which Postfix's daemons keep mail and meet each other. `postfix check` would make them too, in two seconds.
pub(super) const QUEUES: [&str; 9] = [
    "active", "bounce", "corrupt", "defer", "deferred", "incoming", "private", "public", "trace",
];

/// `main.cf`: nothing outside this directory, nobody but loopback, and no mail for anyone else.
pub(super) fn main(dir: &Path, mailbox_user: u32, mailbox_group: u32) -> String {
    let dir = dir.display();
    let (domain, unknown, busy) = (Postfix::DOMAIN, Postfix::UNKNOWN, Postfix::BUSY);
    format!(
        "compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
maillog_file = {dir}/{MAIL_LOG}
maillog_file_prefixes = {dir}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1/32
myhostname = mail.{domain}
mydestination =
alias_maps =
alias_database =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {dir}
virtual_mailbox_maps = static:{MAILDIR}/
virtual_uid_maps = static:{mailbox_user}
virtual_gid_maps = static:{mailbox_group}
default_transport = error:this server delivers to {domain} only
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{ {unknown} = 550 5.1.1 no such mailbox }} {{ {busy} = 450 4.2.1 mailbox busy }} }},
    reject_unauth_destination
smtpd_error_sleep_time = 0
smtpd_tls_security_level = may
smtpd_tls_cert_file = {dir}/{CERTIFICATE}
smtpd_tls_key_file = {dir}/{KEY}
smtpd_tls_auth_only = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = {domain}
"
    )
}

/// `master.cf`: the two listeners, and the daemons that a mail passes through.
pub(super) fn master(smtp: u16, submission: u16) -> String {
    format!(
        "127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
    -o smtpd_tls_security_level=encrypt
    -o smtpd_sasl_auth_enable=yes
    -o smtpd_client_restrictions=permit_sasl_authenticated,reject
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"
    )
}

/// Cyrus SASL's `smtpd.conf`, which Debian's Postfix looks for in `sasl/` beside its own configuration.
pub(super) fn sasl(dir: &Path) -> String {
    format!(
        "pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {}/{PASSWORDS}
mech_list: PLAIN LOGIN
",
        dir.display()
    )
}
