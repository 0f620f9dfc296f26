//! Which processes of this machine listen where a load goes, as far as this user may see.
//!
//! The kernel lists its listening sockets with their inodes, and every process its open files; the
//! two lists meet in the inode. Servers that fork share one socket, or have one each on the same
//! port: all of them are found, and their children with them.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use toll_load::Target;

/// State of a listening TCP socket in `/proc/net/tcp`.
const TCP_LISTENS: &str = "0A";
/// Flag of a listening socket in `/proc/net/unix` (`__SO_ACCEPTCON`).
const UNIX_LISTENS: u64 = 0x1_0000;

/// The processes that listen at the target, and all that descend from them, sorted. Empty where none
/// is found: another machine, another user's process, or another system than Linux.
pub fn processes_at(target: &Target) -> Vec<u32> {
    if !target.is_loopback() {
        return Vec::new();
    }
    let inodes = inodes_at(target);
    let mut holders: Vec<u32> = pids().filter(|pid| holds_any(*pid, &inodes)).collect();
    // A server in this very process (in a test) cannot be told apart from what loads it.
    holders.retain(|pid| *pid != std::process::id());
    with_descendants(&holders)
}

/// Whether somebody else than these processes listens at the target, as far as this user may see.
pub(super) fn is_anothers(target: &Target, ours: &[u32]) -> bool {
    // What may not be looked at (a container of an engine that we only may use) is taken for what it should be.
    let may_not_look = |pid: &u32| {
        let looked = fs::read_dir(format!("/proc/{pid}/fd"));
        looked.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
    };
    if ours.iter().any(may_not_look) {
        return false;
    }
    let is_ours = |inode: &u64| {
        let one = BTreeSet::from([*inode]);
        ours.iter().any(|pid| holds_any(*pid, &one))
    };
    inodes_at(target).iter().any(|inode| !is_ours(inode))
}

/// The processes, and all that descend from them, sorted.
pub fn with_descendants(pids_given: &[u32]) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = pids()
        .filter_map(|pid| Some((pid, parent_of(pid)?)))
        .collect();
    let mut found: BTreeSet<u32> = pids_given.iter().copied().collect();
    loop {
        let children = parents
            .iter()
            .filter(|(pid, parent)| found.contains(parent) && !found.contains(pid));
        let new: Vec<u32> = children.map(|(pid, _)| *pid).collect();
        if new.is_empty() {
            return found.into_iter().collect();
        }
        found.extend(new);
    }
}

/// The name of a process, such as `uvicorn` or `python3`.
pub fn name_of(pid: u32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields = &stat[stat.rfind(')')? + 1..];
    fields.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn holds_any(pid: u32, inodes: &BTreeSet<u64>) -> bool {
    if inodes.is_empty() {
        return false;
    }
    let entries = fs::read_dir(format!("/proc/{pid}/fd"));
    let mut links = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok());
    links.any(|link| socket_inode(&link).is_some_and(|inode| inodes.contains(&inode)))
}

/// From `socket:[12345]`.
fn socket_inode(link: &Path) -> Option<u64> {
    let name = link.to_str()?.strip_prefix("socket:[")?;
    name.strip_suffix(']')?.parse().ok()
}

fn inodes_at(target: &Target) -> BTreeSet<u64> {
    if let Some(socket) = target.socket() {
        let table = fs::read_to_string("/proc/net/unix").unwrap_or_default();
        let real = fs::canonicalize(socket).unwrap_or_else(|_| socket.to_owned());
        return unix_inodes(&table, &[socket, &real]);
    }
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let text: String = tables
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect();
    // Only the first address that answers is loaded, and `localhost` has two.
    let inodes = |address: &SocketAddr| tcp_inodes(&text, *address);
    let mut found = target.addresses().iter().map(inodes);
    found.find(|set| !set.is_empty()).unwrap_or_default()
}

fn tcp_inodes(table: &str, wanted: SocketAddr) -> BTreeSet<u64> {
    let listening = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        let (address, port) = local.split_once(':')?;
        let serves = *state == TCP_LISTENS
            && u16::from_str_radix(port, 16) == Ok(wanted.port())
            && serves(address_of(address)?, wanted.ip());
        serves.then(|| inode.parse().ok())?
    };
    table.lines().filter_map(listening).collect()
}

/// Whether a socket that is bound to `bound` takes connections to `wanted`.
fn serves(bound: IpAddr, wanted: IpAddr) -> bool {
    match (bound, wanted) {
        (IpAddr::V6(any), _) if any.is_unspecified() => true,
        (IpAddr::V4(any), IpAddr::V4(_)) if any.is_unspecified() => true,
        _ => bound.to_canonical() == wanted.to_canonical(),
    }
}

/// From `0100007F`: words of 32 bits, each in the byte order of the machine.
fn address_of(hex: &str) -> Option<IpAddr> {
    let words: Option<Vec<[u8; 4]>> = (0..hex.len() / 8)
        .map(|word| {
            let digits = hex.get(word * 8..word * 8 + 8)?;
            Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
        })
        .collect();
    let bytes = words?.concat();
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => Some(Ipv4Addr::from(four).into()),
        Err(_) => Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into()),
    }
}

/// A line is: slot, references, protocol, flags, type, state, inode, path.
fn unix_inodes(table: &str, sockets: &[&Path]) -> BTreeSet<u64> {
    let listening = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let flags = u64::from_str_radix(fields.nth(3)?, 16).ok()?;
        let inode = fields.nth(2)?;
        let path = line.split_once(inode)?.1.trim();
        let serves = flags & UNIX_LISTENS != 0 && sockets.contains(&Path::new(path));
        serves.then(|| inode.parse().ok())?
    };
    table.lines().filter_map(listening).collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn inode_of(listener: &impl std::os::fd::AsRawFd) -> u64 {
        let link = format!("/proc/self/fd/{}", listener.as_raw_fd());
        socket_inode(&fs::read_link(link).unwrap()).unwrap()
    }

    #[test]
    fn every_kind_of_listening_socket_is_found_by_its_inode() {
        for bind in ["127.0.0.1:0", "0.0.0.0:0", "[::]:0"] {
            let listener = TcpListener::bind(bind).unwrap();
            let port = listener.local_addr().unwrap().port();
            let target = Target::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
            assert_eq!(
                inodes_at(&target),
                BTreeSet::from([inode_of(&listener)]),
                "{bind}"
            );
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a b.sock");
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(
            inodes_at(&Target::unix(&path)),
            BTreeSet::from([inode_of(&listener)])
        );
        assert!(inodes_at(&Target::unix(dir.path().join("other"))).is_empty());
    }

    #[test]
    fn this_process_holds_its_socket_but_is_not_taken_for_the_server() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(holds_any(
            std::process::id(),
            &BTreeSet::from([inode_of(&listener)])
        ));
        let target = Target::tcp(listener.local_addr().unwrap());
        assert_eq!(processes_at(&target), Vec::<u32>::new());
    }

    #[test]
    fn children_belong_to_it() {
        let child = std::process::Command::new("sleep").arg("5").spawn();
        let mut child = child.unwrap();
        let family = with_descendants(&[std::process::id()]);
        assert!(family.contains(&child.id()) && family.contains(&std::process::id()));
        assert_eq!(parent_of(child.id()), Some(std::process::id()));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn addresses_are_words_in_the_order_of_the_machine() {
        let loopback = u32::from_ne_bytes([127, 0, 0, 1]);
        assert_eq!(
            address_of(&format!("{loopback:08X}")),
            Some(Ipv4Addr::LOCALHOST.into())
        );
        assert_eq!(
            address_of(&"0".repeat(32)),
            Some(Ipv6Addr::UNSPECIFIED.into())
        );
        assert_eq!(address_of("xyz"), None);
    }
}
