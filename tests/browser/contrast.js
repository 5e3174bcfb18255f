// What is written and drawn in the view, and how well it stands out from what lies under it.
// Of everything at a place, `elementsFromPoint` tells the order; colours are mixed from the lowest opaque one upwards.
(where) => {
    const root = document.querySelector(where), canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const style = document.head.appendChild(document.createElement('style'));
    style.textContent = `${where} * { pointer-events: all !important; transition: none !important; }`;
    const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data]; };
    const mix = (over, under, share) => over.slice(0, 3).map((part, at) => part * share + under[at] * (1 - share));
    const linear = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const light = rgb => 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
    const ratio = (one, other) => { const [dark, pale] = [light(one), light(other)].sort((a, b) => a - b);
        return Math.round((pale + 0.05) / (dark + 0.05) * 100) / 100; };
    const opacity = element => { let share = 1;
        for (let at = element; at && at !== document; at = at.parentNode) share *= Number(getComputedStyle(at).opacity);
        return share; };
    const paint = element => { const style = getComputedStyle(element);
        if (!(element instanceof SVGGeometryElement)) return element instanceof SVGElement ? null : style.backgroundColor;
        return style.fill === 'none' || element.tagName === 'line' ? null : style.fill; };
    const ground = (x, y, not) => { const layers = [];
        for (const element of document.elementsFromPoint(x, y)) {
            if (not?.(element)) continue;
            const colour = paint(element);
            if (!colour) continue;
            const found = rgba(colour), share = found[3] / 255 * opacity(element);
            if (share > 0) layers.push([found, share]);
            if (share > 0.99) break; }
        return layers.reverse().reduce((under, [colour, share]) => mix(colour, under, share), [255, 255, 255]); };
    const name = element => `${element.tagName} ${element.getAttribute('class') ?? ''} in ${element.parentNode.getAttribute?.('class') ?? ''}`;
    const seen = element => { const box = element.getBoundingClientRect();
        return element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && box.width > 0.5 && box.height > 0.5
            && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight && !element.closest('.spoken') ? box : null; };
    const told = [];
    const exempt = element => element.closest('[aria-disabled=true]') || element.closest('.out');
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const element = node.parentElement, range = document.createRange();
        if (!node.data.trim() || element.closest('title') || !seen(element) || exempt(element)) continue;
        range.selectNodeContents(node);
        const box = range.getClientRects()[0];
        if (!box?.width) continue;
        const [x, y] = [box.left + Math.min(box.width / 2, 6), box.top + box.height / 2], top = document.elementsFromPoint(x, y);
        if (!top.includes(element)) continue; // scrolled out of sight, or covered
        const style = getComputedStyle(element), under = ground(x, y, one => one instanceof SVGTextContentElement || one.closest?.('.icon'));
        const ink = rgba(element instanceof SVGElement ? style.fill : style.color);
        const over = mix(ink, under, ink[3] / 255 * opacity(element));
        told.push({ kind: 'text', what: name(element), text: node.data.slice(0, 30), ratio: ratio(over, under), over, under }); }
    const STROKES = '.box, .icon .line, .wires path, .frame > rect, .tile, .mark:not([d=""]), .ring, .find, .bar-cross, .critical';
    for (const element of root.querySelectorAll(STROKES)) {
        const style = getComputedStyle(element), box = element.closest('.icon .line') ? seen(element.closest('.icon')) : seen(element);
        if (!box || exempt(element) || element instanceof SVGElement && (style.stroke === 'none' || !element.getAttribute('d') && element.tagName === 'path')) continue;
        const colour = element instanceof SVGElement ? style.stroke : style.borderTopColor;
        const outline = /box|ring|find/.test(element.getAttribute('class') ?? '') || element.tagName === 'rect';
        let [x, y] = outline ? [box.left - 1.5, box.top + box.height / 2] : [box.left + box.width / 2, box.top + box.height / 2];
        if (element.matches('.wires path, .tile, .mark, .bar-cross, .critical, .chosen')) {
            const point = element.getPointAtLength(element.matches('.wires path') ? element.getTotalLength() / 2 : 1).matrixTransform(element.getScreenCTM()); [x, y] = [point.x, point.y]; }
        if (document.elementsFromPoint(x, y)[0]?.matches('.cover')) continue; // nobody looks for it
        const inked = one => one === element || one.closest('.icon') || one instanceof SVGTextContentElement || one.matches('.wires path')
            || (element.matches('.tile') && one.closest('.cells')) || (element.matches('.mark') && one.matches('.mark'))
            || (element.matches('.bar-cross, .critical, .chosen') && one.matches('.bar-cross, .critical, .chosen'));
        const under = ground(x, y, inked), ink = rgba(colour), over = mix(ink, under, ink[3] / 255 * opacity(element));
        told.push({ kind: 'line', what: name(element), text: element.closest('[class*="s-"]')?.getAttribute('class') ?? '', ratio: ratio(over, under), over, under }); }
    for (const element of root.querySelectorAll('.solid, .bar i, .bar-body, .progress')) {
        const box = seen(element);
        if (!box || exempt(element) || element.tagName === 'path' && !element.getAttribute('d')) continue;
        const fill = rgba(element instanceof SVGElement ? getComputedStyle(element).fill : getComputedStyle(element).backgroundColor);
        if (!fill[3]) continue;
        const start = element instanceof SVGPathElement ? element.getPointAtLength(0).matrixTransform(element.getScreenCTM()) : { x: box.left + 1, y: box.top + 1 };
        const under = ground(start.x + 0.5, start.y + 0.5, one => one.closest('.cells, .bar i, .lanes path, .lanes text, .progress, .bar'));
        told.push({ kind: 'area', what: name(element), text: element.getAttribute('class') ?? '', ratio: ratio(fill, under), over: fill, under }); }
    style.remove();
    return told;
}
