//! Looks behind an error for what caused it.

use std::error::Error;
use std::io;

/// The first error of that type behind another. `io::Error` doesn't count what it wraps among its
/// sources, so those are looked into by hand.
pub(crate) fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

/// Why a connection didn't come to be, in a few words; `None` where it can't be told. None of the words
/// comes from the other side.
pub(crate) fn of_connection(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(tls) = find::<rustls::Error>(error) {
        return Some(tls.to_string());
    }
    find::<io::Error>(error).map(|io| io.kind().to_string())
}
