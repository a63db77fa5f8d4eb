// Shows the lines of a run as they come by server-sent events, and never loses or repeats one.
// React draws the frame; the lines are put into it by hand, many at a time, since there are many.
import { useEffect, useRef, useState } from "react";

const MOST_LINES = 5000;
const FLUSH_MILLISECONDS = 60;
const AGAIN_MILLISECONDS = 1500;
const LATE_MILLISECONDS = 3000; // the last lines may take longer than the news of the end
const ESCAPES = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

function lineOf(line, fresh) {
  const row = document.createElement("div");
  row.className = "log-line";
  const time = document.createElement("span");
  time.className = "log-time";
  time.textContent = line.at.slice(11, 19);
  const text = document.createElement("span");
  text.className = "log-text";
  text.textContent = line.text.replace(ESCAPES, "");
  row.append(time, text);
  if (!fresh) return row;
  const both = document.createDocumentFragment();
  const heading = document.createElement("div");
  heading.className = "log-step";
  heading.textContent = line.step;
  both.append(heading, row);
  return both;
}

export function LogViewer({ run, ended }) {
  const frame = useRef(null);
  const following = useRef(true);
  const finish = useRef(() => {});
  const [follows, setFollows] = useState(true);
  const [state, setState] = useState("connecting");
  const [count, setCount] = useState(0);
  const [cut, setCut] = useState(false);

  const follow = (on) => {
    following.current = on;
    setFollows(on);
    if (on && frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  };

  useEffect(() => {
    const box = frame.current;
    if (!run || !box) return undefined;
    box.replaceChildren();
    let last = -1, shown = 0, step = null, waiting = [], source = null, timer = null, again = null;
    let over = false;
    following.current = true;
    setFollows(true); setState("connecting"); setCount(0); setCut(false);

    const flush = () => {
      timer = null;
      const lines = waiting;
      waiting = [];
      if (!lines.length) return;
      const made = document.createDocumentFragment();
      for (const line of lines) {
        made.append(lineOf(line, line.step !== step));
        step = line.step;
      }
      box.append(made);
      while (box.childElementCount > MOST_LINES) {
        box.firstElementChild.remove();
        setCut(true);
      }
      shown += lines.length;
      setCount(shown);
      if (following.current) box.scrollTop = box.scrollHeight;
    };

    const open = () => {
      source = new EventSource(`/api/v1/logs/${run}/live?after=${last}`);
      source.onopen = () => setState("live");
      source.onmessage = (event) => {
        const line = JSON.parse(event.data);
        if (line.seq <= last) return;
        last = line.seq;
        waiting.push(line);
        if (timer === null) timer = setTimeout(flush, FLUSH_MILLISECONDS);
      };
      source.addEventListener("end", () => finish.current());
      source.onerror = () => {
        if (over) return;
        setState("away");
        source.close();
        again = setTimeout(open, AGAIN_MILLISECONDS);
      };
    };
    finish.current = () => {
      over = true;
      clearTimeout(again);
      source.close();
      flush();
      setState("ended");
    };
    open();
    return () => {
      over = true;
      clearTimeout(timer);
      clearTimeout(again);
      if (source) source.close();
    };
  }, [run]);

  useEffect(() => {
    if (!ended) return undefined;
    const late = setTimeout(() => finish.current(), LATE_MILLISECONDS);
    return () => clearTimeout(late);
  }, [ended, run]);

  const onScroll = () => {
    const box = frame.current;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
    if (atEnd !== following.current) {
      following.current = atEnd;
      setFollows(atEnd);
    }
  };

  const said = {
    connecting: "connecting …",
    live: "live",
    ended: "complete",
    away: "The log does not answer; it goes on by itself.",
  }[state];

  return (
    <section className="log" aria-label="Log">
      <div className="log-bar">
        <span className={`log-state log-${state}`} data-testid="log-state">{said}</span>
        <span className="log-count">{count} {count === 1 ? "line" : "lines"}</span>
        <button type="button" className="log-button" aria-pressed={follows}
          onClick={() => follow(!following.current)}>
          {follows ? "Pause" : "Follow"}
        </button>
      </div>
      {cut && <div className="log-cut">Earlier lines are left out here.</div>}
      <div className="log-lines" ref={frame} role="log" aria-live="off" tabIndex={0}
        onScroll={onScroll} />
    </section>
  );
}
