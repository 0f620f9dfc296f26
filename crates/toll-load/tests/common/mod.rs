//! Real servers in threads, good and bad ones, on loopback addresses and unix sockets.
#![allow(dead_code, reason = "every test binary uses its own part")]

pub(crate) mod bounds;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use toll_load::{Request, Target};

pub(crate) trait Stream: Read + Write + AsFd + Send {}
impl<T: Read + Write + AsFd + Send> Stream for T {}

/// What is done with one connection, and how many requests were seen on all of them.
pub(crate) type Handler = Arc<dyn Fn(&mut dyn Stream, &AtomicU64) + Send + Sync>;

enum Place {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// A server with a thread per connection; it stops listening when dropped.
pub(crate) struct Server {
    place: Place,
    stop: Arc<AtomicBool>,
    requests: Arc<AtomicU64>,
    connections: Arc<AtomicU64>,
}

impl Server {
    pub(crate) fn tcp(
        handler: impl Fn(&mut dyn Stream, &AtomicU64) + Send + Sync + 'static,
    ) -> Server {
        Server::listen("127.0.0.1:0", handler)
    }

    pub(crate) fn listen(
        address: &str,
        handler: impl Fn(&mut dyn Stream, &AtomicU64) + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind(address).unwrap();
        let server = Server::at(Place::Tcp(listener.local_addr().unwrap()));
        server.serve(Arc::new(handler), move || {
            let stream = listener.accept().unwrap().0;
            stream.set_nodelay(true).unwrap();
            stream
        });
        server
    }

    pub(crate) fn unix(
        path: &Path,
        handler: impl Fn(&mut dyn Stream, &AtomicU64) + Send + Sync + 'static,
    ) -> Server {
        let listener = UnixListener::bind(path).unwrap();
        let server = Server::at(Place::Unix(path.into()));
        server.serve(Arc::new(handler), move || listener.accept().unwrap().0);
        server
    }

    fn at(place: Place) -> Server {
        Server {
            place,
            stop: Arc::default(),
            requests: Arc::default(),
            connections: Arc::default(),
        }
    }

    fn serve<S: Stream + 'static>(
        &self,
        handler: Handler,
        accept: impl Fn() -> S + Send + 'static,
    ) {
        let (stop, requests, connections) = (
            self.stop.clone(),
            self.requests.clone(),
            self.connections.clone(),
        );
        std::thread::spawn(move || {
            loop {
                let mut stream = accept();
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                connections.fetch_add(1, Ordering::SeqCst);
                let (handler, requests) = (handler.clone(), requests.clone());
                std::thread::spawn(move || handler(&mut stream, &requests));
            }
        });
    }

    pub(crate) fn target(&self) -> Target {
        match &self.place {
            Place::Tcp(address) => Target::tcp(*address),
            Place::Unix(path) => Target::unix(path),
        }
    }

    pub(crate) fn seen(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees the flag.
        match &self.place {
            Place::Tcp(address) => drop(TcpStream::connect(address)),
            Place::Unix(path) => drop(UnixStream::connect(path)),
        }
    }
}

/// Reads one request without a body. `None`: the client has gone.
pub(crate) fn read_request(stream: &mut dyn Stream) -> Option<Vec<u8>> {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(length) => request.extend_from_slice(&buffer[..length]),
        }
    }
    Some(request)
}

/// Answers every request with the same bytes, in pieces with pauses between them.
pub(crate) fn pieces(
    parts: &[&[u8]],
    pause: Duration,
) -> impl Fn(&mut dyn Stream, &AtomicU64) + Send + Sync + 'static + use<> {
    let parts: Vec<Vec<u8>> = parts.iter().map(|part| part.to_vec()).collect();
    move |stream, requests| {
        while read_request(stream).is_some() {
            requests.fetch_add(1, Ordering::SeqCst);
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    std::thread::sleep(pause);
                }
                if stream.write_all(part).is_err() {
                    return;
                }
            }
        }
    }
}

/// Answers every request with the same bytes.
pub(crate) fn always(
    answer: &[u8],
) -> impl Fn(&mut dyn Stream, &AtomicU64) + Send + Sync + 'static + use<> {
    pieces(&[answer], Duration::ZERO)
}

/// Answers the first request of each connection and closes it.
pub(crate) fn once(
    answer: &[u8],
) -> impl Fn(&mut dyn Stream, &AtomicU64) + Send + Sync + 'static + use<> {
    let answer = answer.to_vec();
    move |stream, requests| {
        if read_request(stream).is_some() {
            requests.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(&answer);
        }
    }
}

pub(crate) const OK: &[u8] =
    b"HTTP/1.1 200 OK\r\ndate: Tue, 01 Jan 2030 00:00:00 GMT\r\ncontent-length: 5\r\n\r\nhello";

pub(crate) fn ping() -> Request {
    Request::get("/_ping")
}

/// Closes the connection once it was idle for so long.
pub(crate) fn close_when_idle(stream: &mut dyn Stream, time: Duration) {
    use rustix::net::sockopt::{Timeout, set_socket_timeout};
    set_socket_timeout(stream.as_fd(), Timeout::Recv, Some(time)).unwrap();
}
