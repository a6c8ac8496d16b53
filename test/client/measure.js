// measure.js: what test/shell/report.sh asks of a page once it is laid out.  Tells the page around it.
addEventListener('load', () => {
	const root = document.documentElement, width = root.clientWidth;
	const numbers = colour => colour.match(/[\d.]+/g).map(Number);
	const linear = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	const luminance = colour => {
		const [r, g, b] = numbers(colour).map(linear);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ground = element => {
		for (let e = element; e; e = e.parentElement) {
			const colour = getComputedStyle(e).backgroundColor, alpha = numbers(colour)[3];
			if (alpha === undefined || alpha === 1)
				return colour;
		}
		return 'rgb(255, 255, 255)';
	};
	// on a phone the headings of cards are there for those who do not see
	const unseen = element => {
		const head = element.closest('thead');
		return element.closest('svg, script') || head && getComputedStyle(head).position === 'absolute';
	};
	let contrast = 21, beyond = 0, texts = 0;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node; (node = walk.nextNode());) {
		const element = node.parentElement;
		if (!node.data.trim() || unseen(element))
			continue;
		texts++;
		const a = luminance(getComputedStyle(element).color), b = luminance(ground(element));
		contrast = Math.min(contrast, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
		const range = document.createRange();
		range.selectNodeContents(node);
		for (const box of range.getClientRects())
			if (box.right > width + 0.5 || box.left < -0.5)
				beyond++;
	}
	parent.postMessage([
		innerWidth, matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
		root.scrollWidth > width ? 'scrolls' : 'fits', beyond ? beyond + ' texts beyond' : 'inside',
		getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)' ? 'white' : 'tinted',
		contrast >= 4.5 ? 'legible' : 'contrast ' + contrast.toFixed(2), window.alerted ? 'alerted' : 'quiet',
		texts > 100 ? 'full' : 'bare'
	].join(' '), '*');
});
