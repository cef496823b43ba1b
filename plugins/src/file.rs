//! The channel that writes each message to a file: for trials, and for a program of the clinic's own
//! that picks messages up from a folder.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use rappel_core::channel::{Channel, ChannelKind, Outcome, Outgoing};

use crate::readable;

/// Writes `ID.KIND.CHANNEL.txt` into a folder, for an e-mail with its HTML part beside it. Ids sort by
/// the time of planning, so files do too.
///
/// A file appears complete, under its last name, and the same message written twice is one file. It is
/// safe against the process's end, not against the machine's: a power cut can take the last seconds.
pub struct FileChannel {
    folder: PathBuf,
}

impl FileChannel {
    /// Writes into `folder`, which is created with the first message.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }
}

#[async_trait]
impl Channel for FileChannel {
    fn honours_reference(&self) -> bool {
        true
    }

    async fn send(&self, message: &Outgoing) -> Outcome {
        let pages = Pages::of(message);
        let folder = self.folder.clone();
        let written = tokio::task::spawn_blocking(move || pages.write(&folder)).await;
        match written.map_err(io::Error::other).flatten() {
            Ok(name) => Outcome::Accepted {
                gateway_id: Some(name),
            },
            Err(error) => Outcome::Unreachable {
                reason: format!(
                    "the folder `{}` can't be written: {}",
                    self.folder.display(),
                    error.kind()
                ),
            },
        }
    }
}

impl fmt::Debug for FileChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileChannel")
            .field("folder", &self.folder)
            .finish()
    }
}

/// The files of one message.
struct Pages {
    stem: String,
    text: String,
    html: Option<String>,
}

impl Pages {
    fn of(message: &Outgoing) -> Self {
        let html = match message.channel {
            ChannelKind::Email => message.content.html.clone(),
            _ => None,
        };
        Self {
            stem: format!("{}.{}.{}", message.id, message.kind, message.channel),
            text: readable::text(message),
            html: html.filter(|html| !html.trim().is_empty()),
        }
    }

    /// Writes what is not there yet; the text comes last, since it is what says "there is a message".
    fn write(&self, folder: &Path) -> io::Result<String> {
        let name = format!("{}.txt", self.stem);
        if folder.join(&name).try_exists()? {
            return Ok(name);
        }
        fs::create_dir_all(folder)?;
        if let Some(html) = &self.html {
            whole(folder, &format!("{}.html", self.stem), html)?;
        }
        whole(folder, &name, &self.text)?;
        Ok(name)
    }
}

/// Writes a file that is there completely or not at all.
fn whole(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    // Hidden, so that a program that watches the folder passes it over.
    let unfinished = folder.join(format!(".{name}.part"));
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, folder.join(name))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::example;

    async fn written(message: &Outgoing) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        let channel = FileChannel::new(folder.path().join("out/of/here"));
        let outcome = channel.send(message).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        let mut files: Vec<_> = fs::read_dir(folder.path().join("out/of/here"))
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let id = message.id.to_string();
                let text = fs::read_to_string(path).unwrap();
                (name.replace(&id, "ID"), text.replace(&id, "ID"))
            })
            .collect();
        files.sort();
        files
    }

    #[tokio::test]
    async fn an_sms_is_a_file() {
        let files = written(&example::sms()).await;
        let [(name, text)] = files.as_slice() else {
            unreachable!("{files:?}")
        };
        assert_eq!(name, "ID.reminder.sms.txt");
        insta::assert_snapshot!("sms", text);
    }

    #[tokio::test]
    async fn an_email_is_two_files() {
        let files = written(&example::email()).await;
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["ID.reminder.email.html", "ID.reminder.email.txt"]);
        insta::assert_snapshot!("email", files[1].1);
    }

    #[tokio::test]
    async fn no_line_break_makes_a_header() {
        let message = example::saying(example::email(), |content| {
            content.subject = Some("one\r\nBcc: other@example.org".into());
        });
        let files = written(&message).await;
        assert!(!files[1].1.contains("\nBcc:"), "{}", files[1].1);
    }
}
