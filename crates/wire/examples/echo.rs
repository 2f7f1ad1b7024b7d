//! A WebSocket echo around the codec, for conformance suites such as Autobahn:
//! `cargo run -p wire --example echo -- 127.0.0.1:9001`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use wire::websocket::{
    CloseCode, Decoder, Deflater, Flow, Incoming, Inflater, Opcode, Terms, accept_key, close_frame,
    negotiate, write_frame,
};

/// Suites send more than the server takes.
const MESSAGE_BYTES_MAX: usize = 32 << 20;

/// Answers the handshake; gives whether messages may be packed.
fn handshake(socket: &mut TcpStream) -> std::io::Result<bool> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && socket.read(&mut byte)? > 0 {
        head.extend_from_slice(&byte);
    }
    let head = String::from_utf8_lossy(&head);
    let values = |wanted: &'static str| {
        let headers = head.lines().filter_map(|line| line.split_once(':'));
        headers
            .filter(move |(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim())
    };
    let key = values("sec-websocket-key").next().unwrap_or_default();
    let accept = accept_key(key).map_err(std::io::Error::other)?;
    let agreed = negotiate(values("sec-websocket-extensions"));
    let extensions = agreed
        .as_ref()
        .map(|agreed| format!("Sec-WebSocket-Extensions: {agreed}\r\n"))
        .unwrap_or_default();
    write!(
        socket,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{extensions}\r\n"
    )?;
    Ok(agreed.is_some())
}

fn echo(mut socket: TcpStream) -> std::io::Result<()> {
    let deflate = handshake(&mut socket)?;
    let mut decoder = Decoder::new(Terms {
        message_bytes_max: MESSAGE_BYTES_MAX,
        deflate,
    });
    let (mut inflater, mut deflater) = (Inflater::default(), Deflater::default());
    let mut scratch = vec![0; 64 << 10];
    loop {
        let read = socket.read(&mut scratch)?;
        let mut out = Vec::new();
        let mut closed = read == 0;
        let outcome = decoder.feed(&mut scratch[..read], &mut inflater, |incoming| {
            match incoming {
                Incoming::Text(text) => write_frame(Opcode::Text, text.as_bytes(), &mut out),
                Incoming::Binary(bytes) => write_frame(Opcode::Binary, bytes, &mut out),
                Incoming::Ping(payload) => write_frame(Opcode::Pong, payload, &mut out),
                Incoming::Pong(_) => {}
                Incoming::Close(code) => {
                    out.extend(close_frame(code.unwrap_or(CloseCode::NORMAL), ""));
                    closed = true;
                }
            }
            Flow::Continue
        });
        if let Err(violation) = outcome {
            out.extend(close_frame(violation.close_code(), &violation.to_string()));
            closed = true;
        }
        if deflate {
            out = deflater.pack(&out);
        }
        socket.write_all(&out)?;
        if closed {
            return socket.shutdown(std::net::Shutdown::Write);
        }
    }
}

fn main() -> std::io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    for socket in TcpListener::bind(address)?.incoming() {
        let socket = socket?;
        std::thread::spawn(move || echo(socket));
    }
    Ok(())
}
