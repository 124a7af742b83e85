"use strict";
/* The page's end of client.c's messages. */
(() => {
const by = (id) => document.getElementById(id);
const screen = by("screen"), state = by("state");
const paper = screen.getContext("2d", { alpha: false, willReadFrequently: true });
const AGAIN_MS = [250, 500, 1000, 2000];

/* --- The line to kvm-web ------------------------------------------------- */

let line = null, tries = 0, over = false;

function say(bytes) {
	if (line && line.readyState === WebSocket.OPEN)
		line.send(Uint8Array.from(bytes));
}

function show(text, lost) {
	state.textContent = text;
	state.classList.toggle("lost", lost);
}

function see() {
	say([0x76, document.visibilityState === "visible" ? 1 : 0]);
}

function connect() {
	const address = new URL("screen", location.href);

	address.protocol = "ws:";
	line = new WebSocket(address, "screen");
	line.binaryType = "arraybuffer";
	line.onopen = () => {
		tries = 0;
		term.reset();
		past.length = 0;
		show("running", false);
		see();
	};
	line.onmessage = (event) => take(new Uint8Array(event.data));
	line.onclose = () => {
		if (over)
			return;
		held.clear();
		show("connection lost; trying again", true);
		setTimeout(connect,
			AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
	};
}

/* Pictures one after the other, whenever each is unpacked. */
let drawing = Promise.resolve();

function take(message) {
	switch (message[0]) {
	case 1:
		drawing = drawing.then(() => draw(message)).catch(() => {})
			.then(() => say([0x61]));
		break;
	case 2:
		term.write(message.subarray(1));
		break;
	case 3:
		count(JSON.parse(new TextDecoder().decode(message.subarray(1))));
		break;
	case 4:
		over = true;
		show("the guest has ended", true);
		break;
	}
}

/* --- The screen ------------------------------------------------------------ */

async function unpack(bytes) {
	const stream = new Blob([bytes]).stream()
		.pipeThrough(new DecompressionStream("deflate-raw"));

	return new Uint8ClampedArray(await new Response(stream).arrayBuffer());
}

async function draw(message) {
	const at = new DataView(message.buffer, message.byteOffset);
	const width = at.getUint16(2, true), height = at.getUint16(4, true);
	const nr = at.getUint16(6, true);
	const pixels = await unpack(message.subarray(8 + 8 * nr));
	let from = 0;

	if (width && (screen.width !== width || screen.height !== height)) {
		screen.width = width;
		screen.height = height;
	}
	by("size").textContent = width ? `${width} × ${height}` : "nothing to be seen";
	if (!width)
		paper.fillRect(0, 0, screen.width, screen.height);
	for (let i = 0; i < nr; i++) {
		const [x, y, w, h] = [0, 2, 4, 6].map((o) =>
			at.getUint16(8 + 8 * i + o, true));

		paper.putImageData(new ImageData(
			pixels.subarray(from, from + 4 * w * h), w, h), x, y);
		from += 4 * w * h;
	}
}

/* --- Keys: by their places, as <linux/input-event-codes.h> has them --------- */

const CODES = { Backspace: 14, Tab: 15, Enter: 28, ControlLeft: 29, Quote: 40,
	Backquote: 41, ShiftLeft: 42, Backslash: 43, Slash: 53, ShiftRight: 54,
	NumpadMultiply: 55, AltLeft: 56, Space: 57, CapsLock: 58, F11: 87, F12: 88,
	NumLock: 69, ScrollLock: 70, NumpadSubtract: 74, NumpadAdd: 78,
	NumpadDecimal: 83, IntlBackslash: 86, IntlRo: 89, Convert: 92, KanaMode: 93,
	NonConvert: 94, NumpadEnter: 96, ControlRight: 97, NumpadDivide: 98,
	PrintScreen: 99, AltRight: 100, Home: 102, ArrowUp: 103, PageUp: 104,
	ArrowLeft: 105, ArrowRight: 106, End: 107, ArrowDown: 108, PageDown: 109,
	Insert: 110, Delete: 111, NumpadEqual: 117, Pause: 119, Lang1: 122,
	Lang2: 123, IntlYen: 124, MetaLeft: 125, MetaRight: 126, ContextMenu: 127,
	Escape: 1, Minus: 12, Equal: 13, BracketLeft: 26, BracketRight: 27,
	Semicolon: 39, Comma: 51, Period: 52 };
[..."1234567890"].forEach((c, i) => { CODES["Digit" + c] = 2 + i; });
[..."QWERTYUIOP"].forEach((c, i) => { CODES["Key" + c] = 16 + i; });
[..."ASDFGHJKL"].forEach((c, i) => { CODES["Key" + c] = 30 + i; });
[..."ZXCVBNM"].forEach((c, i) => { CODES["Key" + c] = 44 + i; });
[..."789"].forEach((c, i) => { CODES["Numpad" + c] = 71 + i; });
[..."456"].forEach((c, i) => { CODES["Numpad" + c] = 75 + i; });
[..."1230"].forEach((c, i) => { CODES["Numpad" + c] = 79 + i; });
for (let i = 1; i <= 10; i++)
	CODES["F" + i] = 58 + i;

const held = new Set();

function key(code, down) {
	if (!code)
		return;
	if (down)
		held.add(code);
	else
		held.delete(code);
	say([0x6b, code & 255, code >> 8, down ? 1 : 0]);
}

function letGo() {
	for (const code of [...held])
		key(code, false);
	for (const button of document.querySelectorAll("[data-holds]"))
		button.setAttribute("aria-pressed", "false");
}

/* What some systems call the Korean keyboard's own keys, by what they do. */
const NAMED = { HangulMode: 122, HanjaMode: 123 };
const META = [125, 126];
const MODIFIERS = [...META, 29, 42, 54, 56, 97, 100];

function isMac() {
	return navigator.platform.startsWith("Mac");
}

/* Keys that are not told of twice: the Korean ones have no release, and a Mac's Caps
 * Lock is pressed to come on and released to go off. */
function isTapped(code) {
	return code === 122 || code === 123 || (isMac() && code === CODES.CapsLock);
}

function onKey(event, down) {
	const code = NAMED[event.key] || CODES[event.code];

	if (!code)
		return;
	event.preventDefault();
	if (down && event.repeat)
		return; /* the guest's keyboard repeats by itself */
	if (isTapped(code)) {
		if (down || code === CODES.CapsLock)
			tap(code);
	} else if (!down && code === CODES.PrintScreen && !held.has(code)) {
		tap(code); /* Windows tells of its release alone */
	} else {
		key(code, down);
	}
	/* While it is held, a Mac tells of no releases but of those like it. */
	if (isMac() && !down && META.includes(code))
		for (const other of [...held])
			if (!MODIFIERS.includes(other))
				key(other, false);
}

screen.addEventListener("keydown", (event) => onKey(event, true));
screen.addEventListener("keyup", (event) => onKey(event, false));
screen.addEventListener("blur", letGo);
window.addEventListener("blur", letGo);
window.addEventListener("pagehide", letGo);

/* A phone has no such keys: buttons, and a line of text, as a US keyboard types. */
const ROWS = [[2, "1234567890-=", "!@#$%^&*()_+"],
	[16, "qwertyuiop[]", "QWERTYUIOP{}"],
	[30, "asdfghjkl;'`", "ASDFGHJKL:\"~"],
	[43, "\\zxcvbnm,./", "|ZXCVBNM<>?"]];

function tap(code) {
	key(code, true);
	key(code, false);
}

function typeCharacter(c) {
	if (c === " ")
		tap(57);
	for (const [first, plain, shifted] of ROWS) {
		if (plain.includes(c)) {
			tap(first + plain.indexOf(c));
		} else if (shifted.includes(c)) {
			key(42, true);
			tap(first + shifted.indexOf(c));
			key(42, false);
		}
	}
}

by("line").addEventListener("keydown", (event) => {
	if (event.key !== "Enter" || event.isComposing)
		return;
	event.preventDefault();
	[...by("line").value].forEach(typeCharacter);
	by("line").value = "";
	tap(CODES.Enter);
});

for (const button of by("soft").querySelectorAll("button")) {
	const code = CODES[button.dataset.key];

	button.addEventListener("click", () => {
		const down = !held.has(code);

		if (button.dataset.holds) {
			key(code, down);
			button.setAttribute("aria-pressed", String(down));
			return;
		}
		tap(code);
		letGo();
	});
}

/* --- The mouse ------------------------------------------------------------- */

let buttons = 0, last = null;

function mouse(dx, dy, wheel) {
	const word = new DataView(new ArrayBuffer(7));

	word.setUint8(0, 0x6d);
	word.setInt16(1, dx, true);
	word.setInt16(3, dy, true);
	word.setInt8(5, wheel);
	word.setUint8(6, buttons);
	say(new Uint8Array(word.buffer));
}

/* Bits of the browser's are left, right, middle, as ours. */
screen.addEventListener("pointerdown", (event) => {
	const locked = document.pointerLockElement === screen;

	screen.focus();
	last = [event.clientX, event.clientY];
	if (event.pointerType === "mouse" && !locked && screen.requestPointerLock) {
		const asked = screen.requestPointerLock();

		if (asked && asked.catch)
			asked.catch(() => {});
		return; /* that click was for the page */
	}
	buttons = event.buttons & 7;
	mouse(0, 0, 0);
});
window.addEventListener("pointerup", (event) => {
	if (!buttons)
		return;
	buttons = event.buttons & 7;
	mouse(0, 0, 0);
});
screen.addEventListener("pointermove", (event) => {
	const scale = screen.width / Math.max(screen.clientWidth, 1);
	let dx = event.movementX, dy = event.movementY;

	if (document.pointerLockElement !== screen) {
		if (event.pointerType === "mouse" || !last || !event.buttons)
			return;
		dx = Math.round((event.clientX - last[0]) * scale);
		dy = Math.round((event.clientY - last[1]) * scale);
		last = [event.clientX, event.clientY];
	}
	if (dx || dy)
		mouse(dx, dy, 0);
});
screen.addEventListener("wheel", (event) => {
	if (document.pointerLockElement !== screen)
		return;
	event.preventDefault();
	mouse(0, 0, Math.sign(event.deltaY));
}, { passive: false });
screen.addEventListener("contextmenu", (event) => event.preventDefault());

/* --- The console ------------------------------------------------------------ */

const term = new Terminal({ fontSize: 13, scrollback: 5000, cursorBlink: false,
	convertEol: false, screenReaderMode: false });

function fit() {
	const place = by("console");
	const cell = place.querySelector(".xterm-screen");

	if (!cell || !term.cols)
		return;
	const width = cell.clientWidth / term.cols;
	const height = cell.clientHeight / term.rows;

	if (width > 0 && height > 0)
		term.resize(Math.max(20, Math.floor((place.clientWidth - 16) / width)),
			Math.max(5, Math.floor(place.clientHeight / height)));
}

term.open(by("console"));
fit();
window.addEventListener("resize", fit);
term.onData((text) => {
	const bytes = new TextEncoder().encode(text);

	for (let at = 0; at < bytes.length; at += 200)
		say([0x74, ...bytes.subarray(at, at + 200)]);
});
term.onBinary((text) => say([0x74, ...[...text].map((c) => c.charCodeAt(0))]));

/* --- The ledger ------------------------------------------------------------- */

const SECONDS = 60, COLOURS = ["#7cc7ff", "#ffb454", "#9ee493", "#f78fb3", "#c9a7ff",
	"#ffe66d", "#5fd3bc", "#ff8a65", "#90a4ae", "#d4e157", "#4dd0e1", "#ba68c8",
	"#a1887f", "#e0e0e0", "#81c784", "#e57373"];
const past = [], names = [];
let before = null;

function count(now) {
	const totals = new Map(now), rates = new Map();
	const time = performance.now();

	if (before) {
		const seconds = (time - before.time) / 1000;

		for (const [name, total] of totals) {
			if (!names.includes(name))
				names.push(name);
			rates.set(name, Math.max(0, total -
				(before.totals.get(name) || 0)) / seconds);
		}
		past.push(rates);
		if (past.length > SECONDS)
			past.shift();
		chart();
	}
	before = { totals, time };
}

const sum = (rates) => [...rates.values()].reduce((a, b) => a + b, 0);

function element(name, attributes) {
	const made = document.createElementNS("http://www.w3.org/2000/svg", name);

	for (const [key_, value] of Object.entries(attributes))
		made.setAttribute(key_, value);
	return made;
}

function chart() {
	const most = Math.max(10, ...past.map(sum)), now = past[past.length - 1];
	const bars = [];

	past.forEach((rates, i) => {
		let y = 150;

		names.forEach((name, n) => {
			const height = (rates.get(name) || 0) / most * 145;

			y -= height;
			if (height > 0.1)
				bars.push(element("rect", { x: 600 - 10 * (past.length - i),
					y, width: 9, height,
					fill: COLOURS[n % COLOURS.length] }));
		});
	});
	by("chart").replaceChildren(...bars);
	by("rate").textContent = `${Math.round(sum(now))}; the most is ${Math.round(most)}`;
	by("legend").replaceChildren(...names.map((name, n) => {
		const item = document.createElement("li");
		const mark = document.createElement("i");

		mark.style.background = COLOURS[n % COLOURS.length];
		item.append(mark, `${name} ${Math.round(now.get(name) || 0)}`);
		return item;
	}));
}

/* --- Buttons ----------------------------------------------------------------- */

by("power").addEventListener("click", () => say([0x70]));
by("reset").addEventListener("click", () => say([0x72]));
document.addEventListener("visibilitychange", () => {
	if (document.visibilityState !== "visible")
		letGo();
	see();
});
connect();
})();
