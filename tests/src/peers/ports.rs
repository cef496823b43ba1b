//! Free loopback ports for servers that can't say themselves which port they took.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    net::{Ipv4Addr, TcpListener},
    sync::{
        LazyLock,
        atomic::{AtomicU16, Ordering},
    },
};

/// Below Linux's range for outgoing connections (32768 and up): no client can take the port between asking and binding.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Starts anywhere, so that tests in parallel processes don't meet, and never gives a port twice in a process.
static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
    let random = RandomState::new().build_hasher().finish() % u64::from(COUNT);
    AtomicU16::new(u16::try_from(random).unwrap_or_default())
});

/// A port of 127.0.0.1 on which nothing listens.
///
/// # Panics
/// When no port is free, which is not a test's to handle.
#[must_use]
pub fn free_port() -> u16 {
    (0..COUNT)
        .map(|_| FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("a free loopback port")
}

/// Whether something listens on this port. Asked of the kernel: a server takes a probing connection for a client.
pub(super) fn listens(port: u16) -> bool {
    const LISTEN: &str = "0A";
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let loopback = format!("0100007F:{port:04X}");
    sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(
        |fields| matches!(fields.as_slice(), [_, local, _, state, ..] if *local == loopback && *state == LISTEN),
    )
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::{free_port, listens};

    #[test]
    fn a_listener_is_seen_and_its_absence_too() {
        let port = free_port();
        assert!(!listens(port));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(listens(port));
        drop(listener);
        assert!(!listens(port));
    }
}
