// The still of a video is made here, in the browser that uploads it: the server holds no video decoder.
const side = 640;

// Undecodable is thrown for a video that this browser cannot play.
export class Undecodable extends Error {}

function once(target, event, failure) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Undecodable('it did not come in time')), 20000);
    target.addEventListener(event, () => { clearTimeout(timer); resolve(); }, { once: true });
    target.addEventListener(failure, () => { clearTimeout(timer); reject(new Undecodable('it cannot be decoded')); }, { once: true });
  });
}

// makePoster sends a still of the video to the server. It throws an Undecodable when this browser cannot play the video.
export async function makePoster(file, id) {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.preload = 'auto';
  const url = URL.createObjectURL(file);
  try {
    const ready = once(video, 'loadeddata', 'error');
    video.src = url;
    await ready;
    const sought = once(video, 'seeked', 'error');
    video.currentTime = Math.min(1, (video.duration || 0) / 10);
    await sought;
    const scale = Math.min(1, side / Math.max(video.videoWidth, video.videoHeight));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(video.videoWidth * scale));
    canvas.height = Math.max(1, Math.round(video.videoHeight * scale));
    canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85));
    const response = await fetch(`/api/v1/media/${id}/thumbnail`, { method: 'PUT', headers: { 'Content-Type': 'image/jpeg' }, body: blob });
    if (!response.ok) throw new Error('not stored');
  } finally {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(url);
  }
}
