//! Where secrets come from: the host's environment and its files. No other part of Rappel looks there.

use std::fs;

use rappel_core::settings::SecretRef;

use crate::failure::{Failure, Result, reason};

/// Looks a gateway's secret up.
///
/// # Errors
/// A sentence that says where it was looked for, and holds no secret.
pub(super) fn lookup(place: &SecretRef) -> std::result::Result<String, String> {
    match place {
        SecretRef::Env(name) => match environment(name) {
            Some(secret) if !secret.is_empty() => Ok(secret),
            Some(_) => Err(format!("the environment variable `{name}` is empty")),
            None => Err(format!(
                "there is no environment variable `{name}`; set it where the host is started"
            )),
        },
        SecretRef::File(path) => {
            let text = fs::read_to_string(path).map_err(|error| {
                format!(
                    "the file {} can't be read: {}",
                    path.display(),
                    reason(&error)
                )
            })?;
            // Editors and `echo` end a file with a line break that is no part of a secret.
            match text.trim_end_matches(['\n', '\r']) {
                "" => Err(format!("the file {} is empty", path.display())),
                secret => Ok(secret.to_string()),
            }
        }
    }
}

/// The token that callers of the host's API must bring, from an environment variable.
pub(crate) fn token(variable: &str) -> Result<String> {
    match environment(variable) {
        Some(token) if !token.is_empty() => Ok(token),
        _ => Err(Failure::environment(format!(
            "there is no token in the environment variable `{variable}`"
        ))
        .help("set it to a long random text, for instance the output of `openssl rand -hex 32`")),
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the composition root reads the environment"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_of_a_file_is_its_text_without_the_line_break_at_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let looked_up = |text: &str| {
            fs::write(&path, text).unwrap();
            lookup(&SecretRef::File(path.clone()))
        };
        assert_eq!(looked_up("s3cret\n"), Ok("s3cret".into()));
        assert_eq!(looked_up(" s3\ncret \r\n"), Ok(" s3\ncret ".into()));
        assert!(looked_up("\n").unwrap_err().ends_with("is empty"));
    }

    #[test]
    fn a_secret_that_isnt_there_says_where_it_was_looked_for() {
        let variable = lookup(&SecretRef::Env("RAPPEL_NO_SUCH_SECRET".into())).unwrap_err();
        assert!(variable.contains("`RAPPEL_NO_SUCH_SECRET`"), "{variable}");
        let file = lookup(&SecretRef::File("/nowhere/password".into())).unwrap_err();
        assert_eq!(
            file,
            "the file /nowhere/password can't be read: no such file or directory"
        );
    }
}
