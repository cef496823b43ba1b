//! Read tracking: the image in an e-mail that tells when it is opened. It stands in the HTML part of what is
//! really sent, and nowhere else.

use rappel_core::channel::{ChannelKind, Content};
use rappel_core::ids::MessageId;
use rappel_core::kind::Kind;
use rappel_core::settings::Settings;
use rappel_core::store::OpeningToken;

use super::links::Links;

/// What the token is for: it opens no link, and no link's token is one.
const PURPOSE: &str = "open";

impl Links {
    /// Puts the image into an e-mail whose kind the clinic tracks. `host` is where patients reach the host,
    /// without a slash at its end; where they don't, there is no image.
    pub fn track(
        &self,
        settings: &Settings,
        (kind, channel, message): (&Kind, ChannelKind, MessageId),
        host: Option<&str>,
        content: &mut Content,
    ) -> Option<OpeningToken> {
        let (host, html) = (host?, content.html.as_mut()?);
        if !settings.tracks_opens(kind, channel) {
            return None;
        }
        let token = self.token(&settings.id, message, PURPOSE);
        let host = host.replace('&', "&amp;").replace('"', "&quot;");
        let image = format!(
            "<img src=\"{host}/o/{token}\" width=\"1\" height=\"1\" alt=\"\" style=\"border:0;\">\n"
        );
        html.insert_str(html.rfind("</body>").unwrap_or(html.len()), &image);
        Some(OpeningToken(token))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tracked(kind: &Kind, channel: ChannelKind, host: Option<&str>) -> (bool, Content) {
        let text = "id = \"x\"\nname = \"X\"\nzone = \"Europe/Paris\"\ncountry = \"FR\"\n\
            sender.email = \"a@example.org\"\nmessages.recall.email = \"on\"\n\
            channels.email.gateway = \"out\"\ngateways.out.type = \"console\"\n\
            tracking.opens = [\"recall\"]\n";
        let (settings, _) = Settings::read(text).unwrap();
        let mut content = Content {
            subject: Some("S".into()),
            text: "T".into(),
            html: (channel == ChannelKind::Email).then(|| "<body><p>T</p></body></html>".into()),
            ssml: None,
            encoding: None,
            units: 0,
            segments: 0,
        };
        let message = MessageId(uuid::Uuid::nil());
        let token = Links::preview().track(&settings, (kind, channel, message), host, &mut content);
        (token.is_some(), content)
    }

    #[test]
    fn the_image_stands_in_the_html_of_what_is_tracked_and_nowhere_else() {
        const HOST: Option<&str> = Some("https://rappel.example.org");
        let (made, content) = tracked(&Kind::RECALL, ChannelKind::Email, HOST);
        assert!(made);
        let html = content.html.unwrap();
        assert!(
            html.starts_with("<body><p>T</p><img src=\"https://rappel.example.org/o/"),
            "{html}"
        );
        assert!(html.ends_with("\n</body></html>"), "{html}");
        assert_eq!(
            (content.text, content.subject),
            ("T".into(), Some("S".into()))
        );
        for (kind, channel, host) in [
            (&Kind::REMINDER, ChannelKind::Email, HOST),
            (&Kind::RECALL, ChannelKind::Sms, HOST),
            (&Kind::RECALL, ChannelKind::Email, None),
        ] {
            let (made, content) = tracked(kind, channel, host);
            assert!(!made && !content.html.is_some_and(|html| html.contains("<img")));
        }
    }
}
