//! The page of a code: what it means, why it matters, what to do, and the least example of it.
//!
//! A page is a file of `pages/`: three paragraphs of Markdown, and a fenced block for each file of the
//! example. Behind the fence stands the file's path in a clinic's folder, and `repeated N times` where it
//! would be too long to write down.

use std::fmt::Write as _;

/// The page of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What the code means.
    pub meaning: &'static str,
    /// Why it matters.
    pub reason: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// The files of the example, which has this code and no other.
    pub files: Vec<File>,
}

/// A file of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path inside a clinic's folder.
    pub path: &'static str,
    /// What is written down of it.
    pub written: &'static str,
    /// How many times that stands in the file.
    pub times: usize,
}

const FENCE: &str = "```";

impl Page {
    /// Reads a page.
    pub(super) fn read(text: &'static str) -> Self {
        let (words, mut rest) = text.split_at(text.find(FENCE).unwrap_or(text.len()));
        let mut paragraphs = words.split("\n\n").map(str::trim);
        let mut paragraph = || paragraphs.next().unwrap_or_default();
        let (meaning, reason, remedy) = (paragraph(), paragraph(), paragraph());
        let mut files = Vec::new();
        while let Some((_, block)) = rest.split_once(FENCE) {
            let Some((file, after)) = block.split_once(FENCE) else {
                break;
            };
            files.extend(File::read(file));
            rest = after;
        }
        Self {
            meaning,
            reason,
            remedy,
            files,
        }
    }

    /// The page as text in lines of at most `width` characters: what `rappel explain` prints.
    pub fn text(&self, width: usize) -> String {
        let mut text = String::new();
        for (title, paragraph) in [
            ("", self.meaning),
            ("Why it matters: ", self.reason),
            ("What to do: ", self.remedy),
        ] {
            wrap(&mut text, &format!("{title}{paragraph}"), width);
            text.push_str("\n\n");
        }
        text.push_str("For instance:\n");
        for file in &self.files {
            let repeated = match file.times {
                1 => String::new(),
                times => format!(", {times} times"),
            };
            // Writing to a String can't fail.
            let _ = write!(text, "\n  {}{repeated}\n\n", file.path);
            for line in file.written.lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }
}

impl File {
    fn read(block: &'static str) -> Option<Self> {
        let (head, written) = block.split_once('\n')?;
        let (path, times) = match head.trim().split_once(" repeated ") {
            Some((path, times)) => (path, times.split(' ').next()?.parse().ok()?),
            None => (head.trim(), 1),
        };
        Some(Self {
            path,
            written,
            times,
        })
    }

    /// The whole file.
    pub fn text(&self) -> String {
        self.written.repeat(self.times)
    }
}

/// Writes words in lines of at most so many characters.
fn wrap(out: &mut String, words: &str, width: usize) {
    let mut column = 0;
    for word in words.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
}

#[cfg(test)]
mod tests {
    use super::wrap;
    use crate::diagnostic::codes;

    #[test]
    fn every_code_has_its_page() {
        for code in codes::ALL {
            let page = code.page();
            for paragraph in [page.meaning, page.reason, page.remedy] {
                assert!(paragraph.len() > 20, "{code}: {paragraph:?}");
            }
            assert!(!page.files.is_empty(), "{code} has no example");
        }
    }

    #[test]
    fn lines_are_wrapped_between_words() {
        let mut out = String::new();
        wrap(&mut out, "one two\nthree fourteen", 8);
        assert_eq!(out, "one two\nthree\nfourteen");
    }
}
