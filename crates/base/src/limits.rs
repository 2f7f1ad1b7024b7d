//! Every limit of the house, in one place, with its unit in its name.
//!
//! A limit is what a peer, an operator's typo or a bad day can not push past. Whoever enforces one
//! answers with a [`crate::Code`]; whoever needs a new one adds it here.

// People and rooms.
/// A display name, in characters.
pub const DISPLAY_NAME_CHARS_MAX: usize = 64;
/// A handle, in characters.
pub const HANDLE_CHARS_MAX: usize = 32;
/// A password, in characters. Checked before hashing, so that a giant one costs nothing.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// See [`PASSWORD_CHARS_MIN`].
pub const PASSWORD_CHARS_MAX: usize = 128;
/// The name of the place, in characters.
pub const PLACE_NAME_CHARS_MAX: usize = 64;
/// The name of a room, in characters.
pub const ROOM_NAME_CHARS_MAX: usize = 64;
/// The topic of a room, in characters.
pub const TOPIC_CHARS_MAX: usize = 400;
/// Members of a group direct room, its maker included.
pub const GROUP_MEMBERS_MAX: usize = 16;
/// People added to a room by one request.
pub const MEMBERS_PER_REQUEST_MAX: usize = 200;
/// API tokens of one person.
pub const TOKENS_PER_PERSON_MAX: usize = 50;
/// Open invitations of one person.
pub const INVITES_PER_PERSON_MAX: usize = 20;
/// Open invitations of one admin or owner.
pub const INVITES_PER_ADMIN_MAX: usize = 100;
/// Uses of one invitation.
pub const INVITE_USES_MAX: u32 = 10_000;
/// Life of one invitation, in seconds: a year.
pub const INVITE_LIFE_S_MAX: u64 = 366 * 24 * 3600;

// Messages.
/// The text of a message, in characters.
pub const MESSAGE_CHARS_MAX: usize = 10_000;
/// Posts and edits a second of one person, after a burst of the second number.
pub const POSTS_PER_SECOND: u32 = 10;
/// See [`POSTS_PER_SECOND`].
pub const POSTS_BURST: u32 = 60;
/// Bytes of text a second that one person posts, after a burst of the second number.
pub const POST_BYTES_PER_SECOND: u32 = 64 << 10;
/// See [`POST_BYTES_PER_SECOND`].
pub const POST_BYTES_BURST: u32 = 256 << 10;
/// A client's own id of a post, in characters.
pub const CLIENT_ID_CHARS_MAX: usize = 64;
/// Different emoji on one message.
pub const REACTIONS_PER_MESSAGE_MAX: usize = 50;
/// One emoji, in bytes of UTF-8: the longest joined sequences stay below.
pub const EMOJI_BYTES_MAX: usize = 64;
/// People mentioned in one message; more are text only.
pub const MENTIONS_PER_MESSAGE_MAX: usize = 50;
/// Files of one message.
pub const FILES_PER_MESSAGE_MAX: usize = 10;
/// The excerpt of a message in lists and quotes, in characters.
pub const EXCERPT_CHARS_MAX: usize = 140;
/// Events in one page of history.
pub const PAGE_EVENTS_MAX: usize = 200;
/// Events in a page of history when nobody says how many.
pub const PAGE_EVENTS_DEFAULT: usize = 50;
/// Unread messages that are counted one by one; above, the interface says 99+.
pub const UNREAD_COUNT_MAX: u64 = 100;
/// Hits in one page of a search.
pub const SEARCH_HITS_MAX: usize = 50;
/// A search query, in characters.
pub const SEARCH_QUERY_CHARS_MAX: usize = 200;

// Files.
/// One uploaded file, in bytes.
pub const FILE_BYTES_MAX: usize = 50 << 20;
/// An uploaded avatar, in bytes.
pub const AVATAR_BYTES_MAX: usize = 8 << 20;
/// Time between two pieces of an upload, in milliseconds.
pub const UPLOAD_SILENCE_MS_MAX: u64 = 30_000;
/// An upload that is slower than this on average, in bytes a second, is ended.
pub const UPLOAD_BYTES_PER_SECOND_MIN: u64 = 1_024;
/// A file that was uploaded and never posted is kept so long, in milliseconds.
pub const UNPOSTED_FILE_LIFE_MS: u64 = 24 * 3600 * 1000;
/// Files that one person has uploaded and not posted yet.
pub const UNPOSTED_FILES_PER_PERSON_MAX: u64 = 30;
/// Those files together, in bytes; a single one may be larger where the place allows it.
pub const UNPOSTED_BYTES_PER_PERSON_MAX: u64 = 500 << 20;
/// Uploads are refused when less than this is free on the disk, in bytes. Of a small disk
/// [`UPLOAD_DISK_FREE_PERCENT_MIN`] is enough.
pub const UPLOAD_DISK_FREE_BYTES_MIN: u64 = 1 << 30;
/// The part of a small disk that uploads leave free, in percent.
pub const UPLOAD_DISK_FREE_PERCENT_MIN: u64 = 5;
/// A file name, in characters.
pub const FILE_NAME_CHARS_MAX: usize = 200;
/// An image that is decoded, in pixels.
pub const IMAGE_PIXELS_MAX: u64 = 40_000_000;
/// An uploaded image that is decoded, in bytes; a larger one is kept as a plain file.
pub const IMAGE_SOURCE_BYTES_MAX: u64 = 30 << 20;
/// What decoding one image may allocate, in bytes: the allowed pixels at four bytes each fit.
pub const IMAGE_DECODE_BYTES_MAX: u64 = 160 << 20;
/// Images decoded at the same time, by the whole process.
pub const IMAGES_AT_ONCE_MAX: usize = 2;
/// Uploads that wait for their turn to be decoded; more are refused.
pub const IMAGES_WAITING_MAX: usize = 64;
/// The longer side of a thumbnail, in pixels.
pub const THUMB_SIDE_PX: u32 = 720;
/// The side of a stored avatar, in pixels.
pub const AVATAR_SIDE_PX: u32 = 256;

// The word filter.
/// Rules of the word filter.
pub const FILTER_RULES_MAX: usize = 20_000;
/// Of which regular expressions.
pub const FILTER_REGEX_RULES_MAX: usize = 200;
/// A pattern of the word filter, in characters.
pub const FILTER_PATTERN_CHARS_MAX: usize = 260;
/// What all compiled regular expressions may take, in bytes.
pub const FILTER_REGEX_BYTES_MAX: usize = 16 << 20;
/// Messages that a dry run examines.
pub const FILTER_DRY_RUN_MESSAGES_MAX: usize = 10_000;

// The socket.
/// One message from a client over a socket, in bytes.
pub const SOCKET_MESSAGE_BYTES_MAX: usize = 64 << 10;
/// Fragments of one message: the longest allowed message in pieces of one network packet fits, an
/// endless run of empty ones does not.
pub const SOCKET_FRAGMENTS_MAX: usize = 128;
/// Bytes that wait for a slow reader before the connection is cut off.
pub const OUTBOX_BYTES_MAX: usize = 1 << 20;
/// Bytes that the kernel may hold unsent per socket (`TCP_NOTSENT_LOWAT`).
pub const SOCKET_UNSENT_BYTES_MAX: u32 = 16 << 10;
/// Time that a socket may leave bytes unacknowledged before it is given up (`TCP_USER_TIMEOUT`), in
/// milliseconds.
pub const SOCKET_UNACKNOWLEDGED_MS_MAX: u64 = 60_000;
/// Connections that are at their first request at the same time, the connect of a socket included;
/// the others wait.
pub const HANDSHAKES_MAX: usize = 256;
/// Time that such a place is held at most, in milliseconds.
pub const HANDSHAKE_TURN_MS_MAX: u64 = 1_000;
/// Time a new connection has to authenticate, in milliseconds.
pub const STALE_CONNECTION_MS_MAX: u64 = 10_000;
/// Time between pings of the server, in milliseconds.
pub const PING_INTERVAL_MS: u64 = 25_000;
/// Time a client has to answer a ping, in milliseconds.
pub const PONG_TIMEOUT_MS: u64 = 8_000;
/// Subscriptions of one connection.
pub const SUBSCRIPTIONS_PER_CONNECTION_MAX: usize = 128;
/// A channel name, in bytes.
pub const CHANNEL_NAME_BYTES_MAX: usize = 255;
/// Commands of one connection that wait to be handled; more close it.
pub const COMMANDS_WAITING_MAX: usize = 512;
/// Bytes of such commands; more close it.
pub const COMMANDS_WAITING_BYTES_MAX: usize = 256 << 10;
/// Commands that wait while a connection is not accepted yet: its subscriptions, which clients send
/// along with the connect, and a handful.
pub const COMMANDS_CONNECTING_MAX: usize = SUBSCRIPTIONS_PER_CONNECTION_MAX + 8;
/// Bytes of such commands, beside the connect itself.
pub const COMMANDS_CONNECTING_BYTES_MAX: usize = 32 << 10;
/// Commands a second that one connection may send, after a burst of the second number.
pub const COMMANDS_PER_SECOND: u32 = 100;
/// See [`COMMANDS_PER_SECOND`].
pub const COMMANDS_BURST: u32 = 400;
/// Commands above that rate which are answered with an error a second, after a burst of the second
/// number; beyond, the connection is closed.
pub const COMMANDS_REFUSED_PER_SECOND: u32 = 10;
/// See [`COMMANDS_REFUSED_PER_SECOND`].
pub const COMMANDS_REFUSED_BURST: u32 = 200;
/// Texts of one plain WebSocket that wait to be posted; more close it.
pub const PLAIN_TEXTS_WAITING_MAX: usize = 4_096;
/// Bytes of such texts; more close it.
pub const PLAIN_TEXTS_WAITING_BYTES_MAX: usize = 256 << 10;
/// Texts of the past that a plain WebSocket begins with.
pub const PLAIN_HISTORY_MAX: usize = 100;
/// How long a text waits for its sender's budget before it is refused, in milliseconds.
pub const PLAIN_BUDGET_WAIT_MS_MAX: u64 = 30_000;
/// The texts of the list that a POST route tells, in bytes; older ones are left out.
pub const POST_LIST_BYTES_MAX: usize = 256 << 10;
/// Publications that a recovering subscriber is sent at most; beyond, it reloads.
pub const RECOVERY_PUBLICATIONS_MAX: usize = 300;
/// Bytes of publications in one recovery or one page of history, and what may wait in the outbox
/// beside them; beyond, the subscriber reloads.
pub const RECOVERY_BYTES_MAX: usize = 256 << 10;
/// Pages of rooms' logs that are shared by those who recover at the same time.
pub const LOG_PAGES_KEPT_MAX: usize = 256;
/// The largest page that is kept a little for those who come next, in bytes.
pub const LOG_PAGE_KEPT_BYTES_MAX: usize = 64 << 10;
/// Connections from one address or IPv6 /64.
pub const CONNECTIONS_PER_PREFIX_MAX: usize = 1_000;
/// People that a channel's presence lists; the statistics count all of them.
pub const PRESENCE_CLIENTS_MAX: usize = 1_000;
/// How long credentials are lengthened when whoever is asked about them does not answer, before
/// the next try. In milliseconds.
pub const RENEWAL_RETRY_MS: u64 = 60_000;
/// Changes to people that are kept for connections that are being accepted.
pub const CHANGES_WHILE_CONNECTING_MAX: usize = 4_096;
/// A tags filter of a subscription, in levels.
pub const TAGS_FILTER_DEPTH_MAX: usize = 10;
/// See [`TAGS_FILTER_DEPTH_MAX`]: in nodes.
pub const TAGS_FILTER_NODES_MAX: usize = 64;
/// See [`TAGS_FILTER_DEPTH_MAX`]: keys and values, in bytes.
pub const TAGS_FILTER_BYTES_MAX: usize = 4 << 10;
/// How often subscribers of channels in memory are compared with the stream, in milliseconds.
pub const POSITION_CHECK_MS: u64 = 40_000;
/// Streams of channels that live in memory only.
pub const STREAMS_MAX: usize = 10_000;
/// Publications that one such stream keeps.
pub const STREAM_PUBLICATIONS_MAX: usize = 1_000;
/// What all such streams keep together, in bytes; the longest idle ones are forgotten first.
pub const STREAMS_BYTES_MAX: usize = 256 << 20;
/// Maps of channels that live in memory only.
pub const MAPS_MAX: usize = 10_000;
/// What all maps hold together, in bytes; beyond that nothing more is taken in.
pub const MAPS_BYTES_MAX: usize = 256 << 20;
/// Keys of one map.
pub const MAP_KEYS_MAX: usize = 100_000;
/// The length of a key of a map, in bytes.
pub const MAP_KEY_BYTES_MAX: usize = 255;
/// Entries or changes that a client is given with one answer, unless it asks for fewer.
pub const MAP_PAGE_MAX: usize = 1_000;
/// How often entries of maps are looked at whose time is over, in milliseconds.
pub const MAP_EXPIRY_CHECK_MS: u64 = 500;
/// An empty stream that nobody used for so long is forgotten, in milliseconds: 30 days.
pub const STREAM_IDLE_MS_MAX: u64 = 30 * 24 * 3600 * 1000;
/// Publications that wait for one shard; beyond, those without an offset are dropped.
pub const SHARD_INBOX_ITEMS_MAX: usize = 65_536;
/// Life of a socket token, in milliseconds.
pub const SOCKET_TOKEN_LIFE_MS: u64 = 10 * 60 * 1000;
/// A published set of keys for developers' tokens, in bytes.
pub const JWKS_BYTES_MAX: usize = 256 << 10;
/// Keys of such a set.
pub const JWKS_KEYS_MAX: usize = 64;
/// How long such keys are believed without being fetched anew, in milliseconds.
pub const JWKS_LIFE_MS: u64 = 3_600_000;
/// Time between two attempts to fetch them, in milliseconds.
pub const JWKS_PAUSE_MS: u64 = 10_000;
/// Grace for refreshing an expired connection, in milliseconds.
pub const EXPIRED_GRACE_MS: u64 = 25_000;

// The Socket.IO door.
/// One message or one POST of a Socket.IO client when the operator says nothing, in bytes: what the
/// reference server takes (`maxPayload`).
pub const SOCKETIO_PAYLOAD_BYTES_MAX: usize = 1_000_000;
/// Engine.IO packets in one POST. Clients put everything they have into one, whatever its number.
pub const SOCKETIO_PACKETS_PER_POST_MAX: usize = 4_096;
/// Binary attachments of one Socket.IO packet.
pub const SOCKETIO_ATTACHMENTS_MAX: usize = 64;
/// How deep the arguments of an event may be nested.
pub const SOCKETIO_NESTING_MAX: usize = 64;
/// The name of a Socket.IO namespace, in bytes.
pub const SOCKETIO_NAMESPACE_BYTES_MAX: usize = 100;
/// The name of an event, in bytes.
pub const SOCKETIO_EVENT_NAME_BYTES_MAX: usize = 128;
/// The name of a Socket.IO room, in bytes: with its namespace it still fits a channel's name.
pub const SOCKETIO_ROOM_BYTES_MAX: usize = 128;
/// Namespaces that one connection speaks in or has spoken in.
pub const SOCKETIO_NAMESPACES_PER_CONNECTION_MAX: usize = 16;
/// Rooms that one socket is in.
pub const SOCKETIO_ROOMS_PER_SOCKET_MAX: usize = 32;
/// Time a connection may speak in no namespace, in milliseconds.
pub const SOCKETIO_CONNECT_MS_MAX: u64 = 45_000;
/// Time between the probe of an upgrade and its end, in milliseconds.
pub const SOCKETIO_UPGRADE_MS_MAX: u64 = 10_000;
/// Events that a namespace keeps for sockets that come back.
pub const SOCKETIO_RECALL_EVENTS_MAX: usize = 1_000;
/// Bytes of those events.
pub const SOCKETIO_RECALL_BYTES_MAX: usize = 4 << 20;
/// Sockets of a namespace that may come back.
pub const SOCKETIO_RECALL_SOCKETS_MAX: usize = 10_000;

// Calls.
/// One signalling message of a client, in bytes: an offer of a hundred sections fits.
pub const LIVEKIT_MESSAGE_BYTES_MAX: usize = 512 << 10;
/// What a client asks for when it joins, unpacked, in bytes.
pub const LIVEKIT_JOIN_BYTES_MAX: usize = 256 << 10;
/// Signalling messages a second of one connection, after a burst of the second number.
pub const LIVEKIT_MESSAGES_PER_SECOND: u32 = 50;
/// See [`LIVEKIT_MESSAGES_PER_SECOND`].
pub const LIVEKIT_MESSAGES_BURST: u32 = 500;
/// Signalling messages of one connection that wait to be handled; more close it.
pub const LIVEKIT_MESSAGES_WAITING_MAX: usize = 256;
/// Messages to one connection that wait for its socket's thread; more close it.
pub const LIVEKIT_ANSWERS_WAITING_MAX: usize = 1_024;
/// Time between two pings that clients are asked for, in seconds.
pub const LIVEKIT_PING_INTERVAL_S: u32 = 5;
/// Time after which a client that says nothing is given up, in seconds.
pub const LIVEKIT_PING_TIMEOUT_S: u32 = 15;
/// Calls that go on at the same time.
pub const CALLS_MAX: usize = 10_000;
/// Participants of one call when the operator says nothing.
pub const CALL_PARTICIPANTS_MAX: u32 = 3_000;
/// Tracks that one participant publishes.
pub const CALL_TRACKS_PER_PARTICIPANT_MAX: usize = 32;
/// What waits for the task that owns the calls.
pub const CALL_REQUESTS_WAITING_MAX: usize = 4_096;
/// Events of calls that wait for whoever follows them; who is slower misses some.
pub const CALL_EVENTS_WAITING_MAX: usize = 4_096;
/// The name of a call, in bytes.
pub const CALL_NAME_BYTES_MAX: usize = 256;
/// The identity or the name of a participant, in bytes.
pub const CALL_IDENTITY_BYTES_MAX: usize = 256;
/// The metadata of a call or a participant, in bytes.
pub const CALL_METADATA_BYTES_MAX: usize = 64 << 10;
/// The attributes of a participant, names and values together, in bytes.
pub const CALL_ATTRIBUTES_BYTES_MAX: usize = 64 << 10;
/// How long a participant stays whose socket has gone, in milliseconds.
pub const CALL_RESUME_MS_MAX: u64 = 5_000;
/// How long a participant may take until media stands, in milliseconds.
pub const CALL_JOIN_MS_MAX: u64 = 30_000;
/// Life of a token for a call of the place, and of one that a client in a call is given anew, in
/// milliseconds.
pub const CALL_TOKEN_LIFE_MS: u64 = 10 * 60 * 1000;
/// Time between two such tokens, in milliseconds.
pub const CALL_TOKEN_REFRESH_MS: u64 = 5 * 60 * 1000;

// What operators set up for developers.
/// Keys for the server HTTP API.
pub const API_KEYS_MAX: usize = 100;
/// Secrets that developers sign their tokens with, those included that still hold after a rotation.
pub const TOKEN_SECRETS_MAX: usize = 20;
/// How long a rotated secret may still hold, in seconds: 30 days.
pub const SECRET_KEPT_S_MAX: u64 = 30 * 24 * 3600;
/// Bans in force.
pub const BANS_MAX: usize = 10_000;
/// The reason of a ban, in characters.
pub const BAN_REASON_CHARS_MAX: usize = 200;
/// Users and single tokens whose tokens are not taken any more.
pub const REVOCATIONS_MAX: usize = 10_000;
/// Life of a ban or of the revocation of one token, in seconds: ten years.
pub const BAN_LIFE_S_MAX: u64 = 10 * 366 * 24 * 3600;
/// The name of an app user, in bytes.
pub const USER_BYTES_MAX: usize = 255;
/// The id of a token (`jti`), in bytes.
pub const TOKEN_ID_BYTES_MAX: usize = 255;
/// Webhooks of the admin page.
pub const WEBHOOKS_MAX: usize = 20;
/// The address of a webhook, in bytes.
pub const WEBHOOK_URL_BYTES_MAX: usize = 2_000;
/// Channel patterns of one webhook.
pub const WEBHOOK_CHANNELS_MAX: usize = 50;
/// Events in one request to a webhook.
pub const WEBHOOK_BATCH_EVENTS_MAX: usize = 100;
/// Events that wait to be written into the outbox; more are lost, and counted.
pub const WEBHOOK_WAITING_EVENTS_MAX: usize = 65_536;
/// Events that one command writes into the outbox.
pub const WEBHOOK_RECORD_EVENTS_MAX: usize = 256;
/// What of a webhook's answer is read, in bytes.
pub const WEBHOOK_ANSWER_BYTES_MAX: usize = 64 << 10;
/// Connections or channels in one page of the inspector.
pub const INSPECTOR_ROWS_MAX: usize = 500;
/// Channels that the inspector names of one connection.
pub const INSPECTOR_CHANNELS_MAX: usize = 20;

// Calls in rooms of the place.
/// People that the log names of one call; who comes after them is not named.
pub const CALL_PEOPLE_NOTED_MAX: usize = 500;
/// How often an open call is noted on disk, in milliseconds: so exactly is known how long one went
/// on that the server's own end cut off.
pub const CALL_NOTED_EVERY_MS: u64 = 15_000;
/// People in a call that a room shows; of those above, only how many they are.
pub const CALL_USERS_SHOWN_MAX: usize = 100;

// HTTP.
/// Bytes that the kernel may hold unsent per HTTP connection (`TCP_NOTSENT_LOWAT`).
pub const HTTP_UNSENT_BYTES_MAX: u32 = 128 << 10;
/// See [`SOCKET_UNACKNOWLEDGED_MS_MAX`]; longer, since a paused film is a reader that does not
/// read.
pub const HTTP_UNACKNOWLEDGED_MS_MAX: u64 = 300_000;
/// A JSON body, in bytes.
pub const JSON_BODY_BYTES_MAX: usize = 256 << 10;
/// Life of a browser session, in milliseconds: 60 days since it was last used.
pub const SESSION_LIFE_MS: u64 = 60 * 24 * 3600 * 1000;
/// How long an idempotency key is remembered, in milliseconds.
pub const IDEMPOTENCY_LIFE_MS: u64 = 24 * 3600 * 1000;
/// Failed logins a minute for one account.
pub const LOGINS_PER_ACCOUNT_PER_MINUTE: u32 = 5;
/// Login attempts a minute from one address (IPv6: /64).
pub const LOGINS_PER_ADDRESS_PER_MINUTE: u32 = 20;
/// Password hashes computed at the same time; each takes about 19 MiB and 50 ms.
pub const HASHES_AT_ONCE_MAX: usize = 2;
/// Logins that wait for a hash; more are refused.
pub const HASHES_WAITING_MAX: usize = 32;
/// REST requests a second of one person, after a burst of the second number.
pub const REQUESTS_PER_SECOND: u32 = 50;
/// See [`REQUESTS_PER_SECOND`].
pub const REQUESTS_BURST: u32 = 200;

/// The heads of one request, names and values together, in bytes.
pub const REQUEST_HEADS_BYTES_MAX: usize = 32 << 10;
/// How many heads one request may have.
pub const REQUEST_HEADS_MAX: usize = 128;
/// How long a JSON body may take to come in whole, in milliseconds.
pub const JSON_BODY_MS_MAX: u64 = 30_000;

// What is kept in memory of rooms.
/// Rooms whose members are known without a read; when there are more, all are read anew.
pub const ROSTER_ROOMS_MAX: usize = 10_000;
/// Members of all of them together.
pub const ROSTER_PEOPLE_MAX: usize = 500_000;

// The writer.
/// Commands that wait for the writer.
pub const WRITER_QUEUE_COMMANDS_MAX: usize = 4_096;
/// Bytes that wait for the writer.
pub const WRITER_QUEUE_BYTES_MAX: usize = 16 << 20;
/// Commands in one transaction.
pub const WRITER_BATCH_COMMANDS_MAX: usize = 512;
/// Bytes in one transaction.
pub const WRITER_BATCH_BYTES_MAX: usize = 1 << 20;
/// A command older than this is dropped before it starts, in milliseconds.
pub const WRITER_COMMAND_AGE_MS_MAX: u64 = 5_000;
/// The write-ahead log is checkpointed above this size, in bytes.
pub const WAL_CHECKPOINT_BYTES: u64 = 16 << 20;
/// The write-ahead log is truncated above this size, in bytes.
pub const WAL_TRUNCATE_BYTES: u64 = 64 << 20;
/// Freed when the disk is full, so that pruning and export still work, in bytes.
pub const BALLAST_BYTES: u64 = 64 << 20;
/// The whole shutdown, in milliseconds: then the process ends whatever is left.
pub const DRAIN_MS_MAX: u64 = 10_000;

// The server HTTP API.
/// One request, in bytes: a batch of full publications.
pub const API_BODY_BYTES_MAX: usize = 4 << 20;
/// Calls of one batch.
pub const API_BATCH_MAX: usize = 1_000;
/// Channels of one broadcast.
pub const API_CHANNELS_MAX: usize = 10_000;
/// How long an idempotency key of a publication is remembered.
pub const API_KEY_REMEMBERED_MS: u64 = 5 * 60 * 1_000;
/// How many of them are remembered; the oldest are forgotten first.
pub const API_KEYS_REMEMBERED_MAX: usize = 20_000;

// Calls.
/// A session description, in bytes: some two hundred sections of a browser.
pub const SDP_BYTES_MAX: usize = 1 << 20;
/// Sections of one description.
pub const SDP_SECTIONS_MAX: usize = 256;
/// The name of a section, in bytes: what fits into a packet.
pub const SDP_MID_BYTES_MAX: usize = 16;
/// The name of a simulcast layer, in bytes.
pub const SDP_RID_BYTES_MAX: usize = 8;
/// Payloads, extensions and feedback lines of one section, each.
pub const SDP_PAYLOADS_MAX: usize = 128;
/// Sources and repairs of one section, each.
pub const SDP_SOURCES_MAX: usize = 64;
/// Simulcast layers of one section.
pub const SDP_RIDS_MAX: usize = 4;
/// A message of a data channel, in bytes; client libraries cut theirs at 64 000.
pub const CALL_DATA_BYTES_MAX: usize = 64 << 10;
/// Addresses of one peer connection that are known at a time.
pub const CALL_PEER_ADDRESSES_MAX: usize = 8;
/// A peer connection that nothing is heard of for so long is over, in milliseconds.
pub const CALL_SILENT_MS_MAX: u64 = 20_000;
/// How long a peer connection may take to come about, in milliseconds.
pub const CALL_CONNECT_MS_MAX: u64 = 30_000;
/// Data that waits for one slow client, in bytes.
pub const CALL_DATA_WAITING_BYTES_MAX: usize = 4 << 20;
/// Tracks that one peer publishes.
pub const CALL_PUBLISHED_MAX: usize = 32;
/// RTP sources of one peer connection that were not agreed, between two negotiations.
pub const CALL_PEER_SOURCES_MAX: usize = 2_048;
/// Reliable data packets that are kept for one participant's return, in bytes.
pub const REPLAY_LOG_BYTES_MAX: usize = 1 << 20;
/// The same in packets.
pub const REPLAY_LOG_PACKETS_MAX: usize = 1024;
/// The same in age: longer than a participant may be away.
pub const REPLAY_LOG_AGE_MS_MAX: u64 = 30_000;
/// Batches of commands that wait for a media thread.
pub const MEDIA_QUEUE_COMMANDS_MAX: usize = 4_096;
/// Datagrams that other threads handed to a media thread.
pub const MEDIA_QUEUE_DATAGRAMS_MAX: usize = 8_192;
/// Batches of events that wait for whoever hears the media threads.
pub const MEDIA_QUEUE_EVENTS_MAX: usize = 1_024;
/// Events that one media thread keeps back while nobody hears it; data is dropped beyond.
pub const MEDIA_EVENTS_KEPT_MAX: usize = 16_384;
/// Addresses whose packets a media thread hands to another one.
pub const MEDIA_ROUTES_MAX: usize = 65_536;
/// Datagrams that wait to be written to one TCP connection of a call.
pub const MEDIA_TCP_DATAGRAMS_MAX: usize = 512;
/// TCP connections of calls at a time.
pub const MEDIA_TCP_CONNECTIONS_MAX: usize = 4_096;
/// A TCP connection of a call on which nothing comes for so long is closed, in milliseconds.
pub const MEDIA_TCP_IDLE_MS_MAX: u64 = 30_000;
/// Addresses of this machine that a client is told.
pub const MEDIA_ADDRESSES_MAX: usize = 8;
