//! One connection to a mail server: opened, secured, logged in; then one mail after the other.

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use rappel_core::settings::Encryption;
use secrecy::{ExposeSecret, SecretString};

use super::mail::Mail;

/// A mail server and how to speak with it.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encryption: Encryption,
    pub(super) tls: TlsParameters,
    pub(super) login: Option<(String, SecretString)>,
    pub(super) hello: ClientId,
}

impl Server {
    /// Opens a connection.
    ///
    /// # Errors
    /// Why not. Nothing was said about any message.
    pub(super) async fn open(&self) -> Result<Session, String> {
        let wrapped = (self.encryption == Encryption::Tls).then(|| self.tls.clone());
        let address = (self.host.as_str(), self.port);
        let mut smtp =
            AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, wrapped, None)
                .await
                .map_err(|error| self.not_open("can't be reached", &error))?;
        if self.encryption == Encryption::Starttls {
            if !smtp.can_starttls() {
                return Err(format!(
                    "the mail server `{}` offers no STARTTLS, so nothing was sent in the clear",
                    self.host
                ));
            }
            smtp.starttls(self.tls.clone(), &self.hello)
                .await
                .map_err(|error| self.not_open("can't be reached by TLS", &error))?;
        }
        if let Some((user, password)) = &self.login {
            let login = Credentials::new(user.clone(), password.expose_secret().to_string());
            smtp.auth(DEFAULT_MECHANISMS, &login)
                .await
                .map_err(|error| self.not_open("refused the login", &error))?;
        }
        Ok(Session { smtp, mails: 0 })
    }

    /// The sentence about a connection that didn't come to be.
    fn not_open(&self, what: &str, error: &Error) -> String {
        let host = &self.host;
        match error.status() {
            Some(code) => format!("the mail server `{host}` {what} ({code})"),
            None => format!("the mail server `{host}` {what}: {}", cause(error)),
        }
    }
}

/// Why a connection failed, in a few words. None of them comes from the server.
pub(super) fn cause(error: &Error) -> String {
    crate::cause::of_connection(error).unwrap_or_else(|| {
        let words = if error.is_client() {
            "it offers no way to log in that could be taken"
        } else {
            "it did not answer as a mail server does"
        };
        words.into()
    })
}

/// An open connection.
pub(super) struct Session {
    smtp: AsyncSmtpConnection,
    /// How many mails went over it.
    mails: u32,
}

impl Session {
    /// How many mails went over it.
    pub(super) fn mails(&self) -> u32 {
        self.mails
    }

    /// Announces a mail, up to the point where its text may follow. A failure leaves nothing sent.
    pub(super) async fn announce(&mut self, mail: &Mail) -> Result<(), Announce> {
        let server = self.smtp.server_info();
        let mut parameters = Vec::new();
        if mail.needs_smtputf8() {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                return Err(Announce::Unspeakable);
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !mail.wire.is_ascii() {
            if !server.supports_feature(Extension::EightBitMime) {
                return Err(Announce::Unspeakable);
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let from = MailFrom::new(Some(mail.from.clone()), parameters);
        self.smtp.command(from).await?;
        self.smtp
            .command(Rcpt::new(mail.to.clone(), Vec::new()))
            .await?;
        let go_ahead = self.smtp.command(Data).await?;
        if !go_ahead.has_code(354) {
            // The text would be read as commands.
            return Err(Announce::Confused);
        }
        Ok(())
    }

    /// Sends an announced mail's text and waits for the answer.
    pub(super) async fn hand_over(&mut self, mail: &Mail) -> Result<(), Error> {
        self.mails += 1;
        // In one write: the library's own `message` writes the last dot by itself, which the system
        // holds back until the server has acknowledged the rest (40 ms for every mail).
        self.smtp.command(&mail.wire).await.map(|_| ())
    }

    /// Takes leave and closes.
    pub(super) async fn quit(mut self) {
        // Who doesn't answer a goodbye is gone already.
        let _goodbye = self.smtp.quit().await;
    }
}

/// Why a mail was not announced.
pub(super) enum Announce {
    /// The server can't take addresses or text with accents as they are.
    Unspeakable,
    /// It answered DATA with another kind of yes.
    Confused,
    /// It answered so, or not.
    Smtp(Error),
}

impl From<Error> for Announce {
    fn from(error: Error) -> Self {
        Announce::Smtp(error)
    }
}
