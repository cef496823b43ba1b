//! A file that takes its name once it is whole: half of one is worse than none.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

/// A file that is being written, beside the place that it takes.
pub(crate) struct WholeFile {
    path: PathBuf,
    unfinished: PathBuf,
    writer: BufWriter<File>,
}

impl WholeFile {
    /// Begins it.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".part");
        let unfinished = PathBuf::from(unfinished);
        let file = File::create(&unfinished)
            .map_err(|error| Failure::file(&unfinished, "written", &error))?;
        Ok(Self {
            path: path.to_path_buf(),
            unfinished,
            writer: BufWriter::new(file),
        })
    }

    /// It can't be written.
    pub(crate) fn failed(&self, error: &io::Error) -> Failure {
        Failure::file(&self.unfinished, "written", error)
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, line: &str) -> Result<()> {
        writeln!(self.writer, "{line}").map_err(|error| self.failed(&error))
    }

    /// Gives it its name.
    pub(crate) fn end(mut self) -> Result<()> {
        self.writer.flush().map_err(|error| self.failed(&error))?;
        std::fs::rename(&self.unfinished, &self.path)
            .map_err(|error| Failure::file(&self.path, "written", &error))
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
