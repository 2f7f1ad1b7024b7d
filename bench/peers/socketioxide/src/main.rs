//! The relay of `socketio.mjs` in Rust: "join" enters a room, "post" is emitted to everyone in it.

use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let port: u16 = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .expect("a port");
    let (layer, io) = SocketIo::builder().max_buffer_size(1024).build_layer();
    io.ns("/", async |socket: SocketRef| {
        socket.on(
            "join",
            async |socket: SocketRef, Data(room): Data<String>, ack: AckSender| {
                socket.join(room);
                let _ = ack.send(&());
            },
        );
        socket.on(
            "post",
            async |io: SocketIo, Data((room, text)): Data<(String, String)>| {
                let _ = io.to(room).emit("post", &text).await;
            },
        );
    });
    let app = axum::Router::new().layer(layer);
    let listener = tokio::net::TcpSocket::new_v4().expect("a socket");
    listener.set_reuseaddr(true).expect("a socket");
    listener
        .bind(([127, 0, 0, 1], port).into())
        .expect("a free port");
    let listener = listener.listen(4096).expect("a listener");
    axum::serve(listener, app).await.expect("to serve");
}
