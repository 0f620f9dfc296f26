//! A bare HTTP/1.1 server that answers everything with the same bytes: the fastest server there is to send load to.
//!
//! `static_responder [ADDRESS] [SECONDS]`: listens on `ADDRESS` (default `127.0.0.1:0`), writes the address it got to
//! standard output, and ends after so many seconds (default 60). One thread, level-triggered epoll, one receive and one
//! send per request; a request is taken to end where a receive ends in an empty line, which is so for every `GET` that
//! is sent without pipelining.

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".into());
    let seconds = arguments
        .next()
        .map_or(60, |text| text.parse().unwrap_or(60));
    linux::serve(&address, std::time::Duration::from_secs(seconds))
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::event::epoll::{self, Event, EventData, EventFlags};
    use rustix::net::{RecvFlags, SendFlags};
    use std::collections::HashMap;
    use std::io::Write;
    use std::mem::MaybeUninit;
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    const BODY: &str = "{\"message\": \"as long as the answer of a small service, which is a hundred bytes with all its padding\"}";

    const LISTENER: u64 = u64::MAX;

    pub(crate) fn serve(address: &str, time: Duration) -> std::io::Result<()> {
        let head = "HTTP/1.1 200 OK\r\ndate: Tue, 01 Jan 2030 00:00:00 GMT\r\nserver: static";
        let kind = "content-type: application/json";
        let reply = format!(
            "{head}\r\ncontent-length: {}\r\n{kind}\r\n\r\n{BODY}",
            BODY.len()
        );
        let listener = TcpListener::bind(address)?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(
            &epoll,
            &listener,
            EventData::new_u64(LISTENER),
            EventFlags::IN,
        )?;
        let mut connections: HashMap<u64, TcpStream> = HashMap::new();
        let (mut next, start) = (0, Instant::now());
        let second = rustix::time::Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        while start.elapsed() < time {
            let mut events = [MaybeUninit::<Event>::uninit(); 256];
            let (ready, _) = epoll::wait(&epoll, &mut events, Some(&second))?;
            for event in ready.iter().map(|event| event.data.u64()) {
                if event == LISTENER {
                    let (stream, _) = listener.accept()?;
                    stream.set_nodelay(true)?;
                    epoll::add(&epoll, &stream, EventData::new_u64(next), EventFlags::IN)?;
                    connections.insert(next, stream);
                    next += 1;
                } else if connections
                    .get(&event)
                    .is_some_and(|stream| !answer(stream, reply.as_bytes()))
                {
                    connections.remove(&event);
                }
            }
        }
        Ok(())
    }

    /// `false`: the connection is over.
    fn answer(stream: &TcpStream, reply: &[u8]) -> bool {
        let mut buffer = [MaybeUninit::<u8>::uninit(); 16 * 1024];
        match rustix::net::recv(stream, &mut buffer, RecvFlags::DONTWAIT) {
            Ok((([], _), _)) => false,
            Ok(((received, _), _)) if !received.ends_with(b"\r\n\r\n") => true,
            Ok(_) => rustix::net::send(stream, reply, SendFlags::NOSIGNAL).is_ok(),
            Err(errno) => errno == rustix::io::Errno::AGAIN,
        }
    }
}
