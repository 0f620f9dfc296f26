//! One connection of the known server.

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use std::mem::MaybeUninit;
use std::net::TcpStream;

/// A request ends in an empty line: it has no body, and nobody sends the next before the answer.
const END: &[u8] = b"\r\n\r\n";

/// What a look at a connection found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received {
    /// So many bytes, and the request is complete or not.
    Bytes { count: usize, complete: bool },
    /// Nothing yet.
    Nothing,
    /// The other side has hung up.
    End,
}

#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    /// The last bytes of an incomplete request, so that an end that was cut in two is seen.
    tail: Vec<u8>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> std::io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            tail: Vec::new(),
        })
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(super) fn receive(&mut self) -> Received {
        let mut buffer = [MaybeUninit::<u8>::uninit(); 16 * 1024];
        match rustix::net::recv(&self.stream, &mut buffer, RecvFlags::DONTWAIT) {
            Ok((([], _), _)) => Received::End,
            Ok(((bytes, _), _)) => Received::Bytes {
                count: bytes.len(),
                complete: ends(&mut self.tail, bytes),
            },
            Err(Errno::AGAIN | Errno::INTR) => Received::Nothing,
            Err(_) => Received::End,
        }
    }

    /// Sends an answer, which fits into the buffer of any socket; `None` when the other side has gone.
    pub(super) fn send(&self, bytes: &[u8]) -> Option<u64> {
        let sent = rustix::net::send(&self.stream, bytes, SendFlags::NOSIGNAL).ok()?;
        Some(sent as u64)
    }

    /// Makes closing send a reset.
    pub(super) fn will_reset(&self) {
        // Where it is refused the connection is closed in the ordinary way: for the other side no answer either.
        let _ =
            rustix::net::sockopt::set_socket_linger(&self.stream, Some(std::time::Duration::ZERO));
    }
}

fn ends(tail: &mut Vec<u8>, bytes: &[u8]) -> bool {
    if tail.is_empty() && bytes.ends_with(END) {
        return true;
    }
    tail.extend_from_slice(&bytes[bytes.len().saturating_sub(END.len())..]);
    let complete = tail.ends_with(END);
    if complete {
        tail.clear();
    }
    complete
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_seen_wherever_it_is_cut() {
        let request = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
        for cut in 1..request.len() {
            let mut tail = Vec::new();
            assert!(!ends(&mut tail, &request[..cut]), "{cut}");
            assert!(ends(&mut tail, &request[cut..]), "{cut}");
            assert!(ends(&mut tail, request), "{cut}");
        }
    }
}
