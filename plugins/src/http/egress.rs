//! The egress guard: an adapter sends only to the hosts of its manifest, and those are not inside the
//! operator's network unless the operator said so.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Where an adapter may send.
pub(crate) struct Egress {
    hosts: Vec<(Host<String>, Port)>,
    allow_private: bool,
}

/// Which port of a host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Port {
    /// That of the URL's scheme.
    Usual,
    /// This one.
    Is(u16),
}

impl Egress {
    /// Reads the hosts of a manifest with the clinic's options put in: `api.example.org`,
    /// `{options.host}:13013`, `{options.url}`.
    ///
    /// # Errors
    /// A sentence when an option is unknown or what comes out is no host.
    pub(crate) fn new(
        patterns: &[String],
        options: &BTreeMap<String, String>,
        allow_private: bool,
    ) -> Result<Self, String> {
        let hosts = patterns
            .iter()
            .map(|pattern| host(&filled(pattern, options)?))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            hosts,
            allow_private,
        })
    }

    /// Whether a request may go to `url`; names are looked at again by [`Resolver`] when they are
    /// resolved.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Blocked> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Blocked::Scheme),
        };
        let asked = url.host().ok_or(Blocked::Unlisted)?;
        let listed = self.hosts.iter().any(|(host, port)| {
            let port = match port {
                Port::Usual => url.port().is_none(),
                Port::Is(port) => url.port_or_known_default() == Some(*port),
            };
            port && same(host, &asked)
        });
        if !listed {
            return Err(Blocked::Unlisted);
        }
        if !secure && !self.allow_private {
            return Err(Blocked::Clear);
        }
        match asked {
            Host::Domain(_) => Ok(()),
            Host::Ipv4(ip) => permitted(ip.into(), self.allow_private),
            Host::Ipv6(ip) => permitted(ip.into(), self.allow_private),
        }
    }
}

fn same(listed: &Host<String>, asked: &Host<&str>) -> bool {
    match (listed, asked) {
        (Host::Domain(listed), Host::Domain(asked)) => listed == asked,
        (Host::Ipv4(listed), Host::Ipv4(asked)) => listed == asked,
        (Host::Ipv6(listed), Host::Ipv6(asked)) => listed == asked,
        _ => false,
    }
}

/// Puts options in: `{options.url}`.
fn filled(pattern: &str, options: &BTreeMap<String, String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, from)) = rest.split_once('{') {
        let (inside, after) = from
            .split_once('}')
            .ok_or_else(|| format!("`hosts`: the `{{` of `{pattern}` is never closed"))?;
        let name = inside
            .strip_prefix("options.")
            .ok_or_else(|| format!("`hosts`: `{{{inside}}}` is not `{{options.NAME}}`"))?;
        let value = options
            .get(name)
            .ok_or_else(|| format!("`hosts`: there is no option `{name}`"))?;
        out.push_str(before);
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Reads `host`, `host:port` or an URL.
fn host(text: &str) -> Result<(Host<String>, Port), String> {
    let wrong = || format!("`hosts`: `{text}` is not a host, `host:port` or an URL");
    let (url, whole) = match text.contains("://") {
        true => (Url::parse(text), true),
        // Read as the web reads hosts; which scheme doesn't matter.
        false => (Url::parse(&format!("http://{text}")), false),
    };
    let url = url.map_err(|_| wrong())?;
    // No patterns: a list of hosts that a person can read at a glance is the point of it.
    if text.contains(['*', '@']) {
        return Err(wrong());
    }
    let host = url.host().ok_or_else(wrong)?.to_owned();
    let port = match (whole, url.port_or_known_default()) {
        (true, Some(port)) => Port::Is(port),
        (false, Some(port)) if has_port(text) => Port::Is(port),
        (false, _) if url.path() == "/" && !text.ends_with('/') => Port::Usual,
        _ => return Err(wrong()),
    };
    Ok((host, port))
}

fn has_port(text: &str) -> bool {
    let port = text.rsplit_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        && !text.ends_with(']')
}

/// Why a request was not let out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocked {
    /// Neither `http` nor `https`.
    Scheme,
    /// Its host is none of the manifest's.
    Unlisted,
    /// In the clear to a host outside the operator's network.
    Clear,
    /// An address inside the operator's network.
    Private,
    /// An address that no gateway can have: multicast, unspecified, a disguise of another.
    Impossible,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Blocked::Scheme => "the adapter's URL begins with neither https:// nor http://",
            Blocked::Unlisted => "the adapter's URL is at a host that its manifest does not list",
            Blocked::Clear => {
                "the adapter's URL is http://, which goes in the clear; use https://, or set `allow_private` for a gateway inside your network"
            }
            Blocked::Private => {
                "the gateway is at a loopback, link-local or private address; set `allow_private` if it is meant to be"
            }
            Blocked::Impossible => "the gateway is at an address that no gateway can have",
        })
    }
}

impl std::error::Error for Blocked {}

/// Resolves names and lets only permitted addresses through, so that what is connected to is what was
/// looked at.
pub(crate) struct Resolver {
    allow_private: bool,
}

impl Resolver {
    /// `allow_private`: whether the operator's own network may be reached.
    pub(crate) fn new(allow_private: bool) -> Self {
        Self { allow_private }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            // The port is put in by the connector.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Vec<SocketAddr> = found.collect();
            // A name with one address inside and one outside is as suspicious as one inside.
            for address in &addresses {
                permitted(address.ip(), allow_private)?;
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether a gateway may be at an address.
fn permitted(address: IpAddr, allow_private: bool) -> Result<(), Blocked> {
    match (place(address), allow_private) {
        (Place::Public, _) | (Place::Private, true) => Ok(()),
        (Place::Private, false) => Err(Blocked::Private),
        (Place::Nowhere, _) => Err(Blocked::Impossible),
    }
}

/// Where an address is.
enum Place {
    /// On the internet.
    Public,
    /// On this machine or in a network around it.
    Private,
    /// Nowhere that a gateway could be.
    Nowhere,
}

/// Ranges from IANA's registries of special-purpose addresses.
fn place(address: IpAddr) -> Place {
    match address {
        IpAddr::V4(ip) => place_v4(ip),
        IpAddr::V6(ip) => place_v6(ip),
    }
}

fn place_v4(ip: Ipv4Addr) -> Place {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    if ip.is_loopback() || ip.is_private() || ip.is_link_local() || shared {
        return Place::Private;
    }
    let this_network = a == 0;
    let protocols = (a, b, c) == (192, 0, 0);
    let relays = (a, b, c) == (192, 88, 99);
    let benchmarks = a == 198 && (18..20).contains(&b);
    // 224.0.0.0/4 is multicast, 240.0.0.0/4 reserved, 255.255.255.255 broadcast.
    let no_host = a >= 224;
    if this_network || protocols || relays || benchmarks || no_host || ip.is_documentation() {
        Place::Nowhere
    } else {
        Place::Public
    }
}

fn place_v6(ip: Ipv6Addr) -> Place {
    let [a, b, c, d, e, f, ..] = ip.segments();
    // fc00::/7 unique local, fe80::/10 link-local.
    if ip.is_loopback() || (a & 0xfe00) == 0xfc00 || (a & 0xffc0) == 0xfe80 {
        return Place::Private;
    }
    // 64:ff9b::/96 is how a network without IPv4 reaches it: the IPv4 address counts.
    if [a, b, c, d, e, f] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [.., w, x, y, z] = ip.octets();
        return match place_v4(Ipv4Addr::new(w, x, y, z)) {
            Place::Public => Place::Public,
            // A private address in this disguise is meant to pass a guard.
            Place::Private | Place::Nowhere => Place::Nowhere,
        };
    }
    // Only 2000::/3 is given out, so ::ffff:0:0/96 (IPv4-mapped), multicast and the rest fall away.
    let given_out = (a & 0xe000) == 0x2000;
    // 2001::/23 protocols (Teredo among them), 2001:db8::/32 and 3fff::/20 documentation, 2002::/16 6to4.
    let special =
        (a == 0x2001 && (b < 0x200 || b == 0xdb8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    if given_out && !special {
        Place::Public
    } else {
        Place::Nowhere
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn egress(patterns: &[&str], allow_private: bool) -> Result<Egress, String> {
        let patterns: Vec<_> = patterns.iter().map(|p| p.to_string()).collect();
        let options = BTreeMap::from([
            ("host".to_string(), "sms.example.org".to_string()),
            (
                "url".to_string(),
                "https://api.example.org:8443/v1".to_string(),
            ),
        ]);
        Egress::new(&patterns, &options, allow_private)
    }

    fn check(patterns: &[&str], allow_private: bool, url: &str) -> Result<(), Blocked> {
        let url = Url::parse(url).unwrap();
        egress(patterns, allow_private).unwrap().check(&url)
    }

    #[test]
    fn only_listed_hosts_and_ports() {
        for (pattern, url) in [
            ("api.example.org", "https://api.example.org/send"),
            ("api.example.org", "https://API.example.org:443/send"),
            ("api.example.org:443", "https://api.example.org/send"),
            ("{options.host}", "https://sms.example.org/"),
            ("{options.host}:13013", "https://sms.example.org:13013/"),
            ("{options.url}", "https://api.example.org:8443/v1/send"),
            ("93.184.215.14", "https://93.184.215.14/"),
            ("[2606:4700::1111]:8443", "https://[2606:4700::1111]:8443/"),
        ] {
            assert_eq!(check(&[pattern], false, url), Ok(()), "{pattern} {url}");
        }
        for (pattern, url) in [
            ("api.example.org", "https://example.org/"),
            ("api.example.org", "https://evil.api.example.org/"),
            ("api.example.org", "https://api.example.org.evil.org/"),
            ("api.example.org", "https://api.example.org:8443/"),
            ("api.example.org", "https://api.example.org@evil.org/"),
            ("api.example.org:8443", "https://api.example.org/"),
            ("{options.url}", "https://api.example.org/"),
        ] {
            assert_eq!(
                check(&[pattern], false, url),
                Err(Blocked::Unlisted),
                "{pattern} {url}"
            );
        }
        assert_eq!(
            check(&["h.example"], true, "ftp://h.example/"),
            Err(Blocked::Scheme)
        );
    }

    #[test]
    fn http_only_inside() {
        let url = "http://api.example.org/";
        assert_eq!(check(&["api.example.org"], false, url), Err(Blocked::Clear));
        assert_eq!(check(&["api.example.org"], true, url), Ok(()));
    }

    #[test]
    fn a_list_that_is_none_is_told() {
        for (pattern, sentence) in [
            ("{options.hots}", "there is no option `hots`"),
            ("{options.host", "never closed"),
            ("{host}", "is not `{options.NAME}`"),
            ("a b", "is not a host"),
            ("api.example.org/v1", "is not a host"),
            ("*.example.org", "is not a host"),
            ("", "is not a host"),
        ] {
            let error = egress(&[pattern], false).err();
            let told = error.as_ref().is_some_and(|error| error.contains(sentence));
            assert!(told, "{pattern}: {error:?}");
        }
    }

    #[test]
    fn addresses_inside_are_blocked_however_they_are_written() {
        for address in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "017700000001",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "[::1]",
            "[fe80::1]",
            "[fd00::1]",
        ] {
            let url = format!("https://{address}/");
            assert_eq!(
                check(&[address], false, &url),
                Err(Blocked::Private),
                "{address}"
            );
            assert_eq!(check(&[address], true, &url), Ok(()), "{address}");
        }
    }

    #[test]
    fn addresses_that_are_none_are_always_blocked() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:8.8.8.8]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b::10.0.0.1]",
            "[64:ff9b:1::1]",
            "[2002:7f00:1::]",
            "[2001:0:7f00:1::]",
            "[ff02::1]",
            "[fec0::1]",
        ] {
            let url = format!("https://{address}/");
            for allow_private in [false, true] {
                assert_eq!(
                    check(&[address], allow_private, &url),
                    Err(Blocked::Impossible),
                    "{address}"
                );
            }
        }
    }

    #[test]
    fn the_internet_is_open() {
        for address in [
            "8.8.8.8",
            "[2606:4700::1111]",
            "[64:ff9b::808:808]",
            "[2a01:e0a::1]",
        ] {
            let url = format!("https://{address}/");
            assert_eq!(check(&[address], false, &url), Ok(()), "{address}");
        }
    }
}
