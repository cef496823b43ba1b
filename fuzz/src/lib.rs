//! What the fuzz targets share: how an input is cut into parts, and what holds for every diagnostic.

pub mod fields;
pub mod markup;
pub mod visit;

use rappel_core::Diagnostic;

/// The parts of an input, which stand between NULs, as text. There are always `N`; the last has the rest.
pub fn parts<const N: usize>(data: &[u8]) -> [String; N] {
    let mut parts = data.splitn(N, |byte| *byte == 0);
    [(); N].map(|()| String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned())
}

/// Every diagnostic has its place in the text that it shows, and can be shown.
pub fn told(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        if let (Some(source), Some(span)) = (&diagnostic.source, &diagnostic.span) {
            assert!(
                source.get(span.clone()).is_some(),
                "{} at {span:?} of {} bytes",
                diagnostic.code.id,
                source.len()
            );
        }
        assert!(
            !diagnostic.message.trim().is_empty(),
            "{}",
            diagnostic.code.id
        );
        let _ = diagnostic.report(80, false);
    }
}
