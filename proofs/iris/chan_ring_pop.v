(* SPDX-License-Identifier: BSL-1.0 *)
(** The buffer of a channel: pop is a single step of a bounded FIFO, without the lock or under it.

    Linearization points: those of mpmc_ring. Without the lock "barred" tells nothing; to the holder of the lock, where pops are not
    barred, it tells that the ring is empty. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_var.
From iris.unstable.base_logic Require Import mono_list.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import chan_ring.

(** an element, or why there is none *)
Inductive popped := Got (v : val) | Not (a : answer).
Definition popped_value (a : popped) : val := match a with Got v => (#(code moved), v) | Not a => (#(code a), #()) end.

Section pop.
  Context `{!heapGS Σ, !chan_ringG Σ} (N : namespace) (n : nat) (lap : Z).
  Implicit Types (r : buffer) (h t i k : nat) (xs vs : list val) (m p q x odd : bool) (u : option nat * bool).
  Local Notation place := (place n lap).
  Local Notation word := (word n lap).
  Local Notation ring_inv := (ring_inv n lap).
  Local Notation shape := (shape n lap).
  Local Notation slot := (slot n lap).
  Local Notation ring_value := (ring_value n lap).

  (** what the holder of the lock brings along, if it is one: pops are not barred *)
  Definition holds_both r (o : option (option nat * bool)) : iProp Σ :=
    if o is Some u then pushes_barred r u ∗ pops_barred r (None, false) else True.
  Lemma head_mark_seen r o h x q :
    holds_both r o -∗ pops_barred r (if q then Some h else None, x) -∗ ⌜q = true → o = None⌝.
  Proof.
    iIntros "H Hq". destruct o as [u|]; last by iPureIntro. iDestruct "H" as "[_ H]".
    iDestruct (ghost_var_agree with "H Hq") as %[= E _]. iPureIntro. by intros ->.
  Qed.

  Definition pop_answer r (o : option (option nat * bool)) vs m (a : popped) : iProp Σ :=
    match a with
    | Got v => ∃ rest, ⌜vs = v :: rest⌝ ∗ content r rest m
    | Not a => content r vs m ∗
        match a with
        | none => ⌜vs = [] ∧ m = false ∧ ∀ u, o = Some u → m = u.2⌝
        | barred => ⌜∀ u, o = Some u → vs = [] ∧ m = u.2⌝
        | unfinished => True
        | moved | closed | quit => False
        end
    end.
  Definition pop_update r o (Φ : val → iProp Σ) : iProp Σ :=
    atomic_update (TA:=[tele (vs : list val) (m : bool)]) (TB:=[tele (a : popped)]) (⊤ ∖ ↑N) ∅
      (tele_app (λ vs m, content r vs m))
      (tele_app (λ vs m, tele_app (λ a, pop_answer r o vs m a ∗ holds_both r o)))%I
      (tele_app (λ vs m, tele_app (λ a, Φ (popped_value a)))).

  Lemma pop_says r o Φ a :
    a = unfinished ∨ a = barred ∧ o = None → holds_both r o -∗ pop_update r o Φ ={⊤}=∗ Φ (#(code a), #())%V.
  Proof.
    iIntros (Ha) "Ho AU". iApply (fupd_mask_mono (⊤ ∖ ↑N)); first set_solver.
    iMod "AU" as (vs m) "[Hc [_ Hclose]]". iMod ("Hclose" $! (Not a) with "[Hc Ho]") as "$"; last done.
    iFrame "Ho Hc". by destruct Ha as [->|[-> ->]].
  Qed.

  Lemma read_head r o :
    {{{ inv N (ring_inv r) ∗ holds_both r o }}} !#(l_head r)
    {{{ h q, RET #(word h q); holds_both r o ∗ ⌜q = true → o = None⌝ ∗ (⌜q = false⌝ -∗ mono_nat_lb_own (ηh r) h) }}}.
  Proof.
    iIntros (Φ) "[#I Ho] HΦ".
    iInv N as (h t xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq & %P & H)". wp_load.
    iDestruct (head_mark_seen with "Ho Hq") as %Hm. iDestruct (mono_nat_lb_own_get with "Hgh") as "#Hlb".
    iModIntro. iSplitR "HΦ Ho".
    - iNext. iExists h, t, xs, m, p, q, x. by iFrame.
    - iApply "HΦ". iFrame. iSplit; first done. iIntros (->). destruct x; last by rewrite Nat.add_0_r.
      destruct P as [_ [HP _]]. by destruct (HP eq_refl).
  Qed.

  Lemma guess_pop r a : {{{ inv N (ring_inv r) }}} #(l_pop r) <- #(place a) {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "#I HΦ". iInv N as (h t xs m p q x) ">(Hh & Ht & Hg & H)". iDestruct "Hg" as (b c) "[Hb Hg]". wp_store.
    iModIntro. iSplitR "HΦ"; last by iApply "HΦ". iNext. iExists h, t, xs, m, p, q, x. iFrame. iExists b, a. iFrame.
  Qed.

  Lemma pop_step r o Φ h k i γ :
    shape r → (i < n ∧ h = n*k+i)%nat → ηs r !! i = Some γ →
    inv N (ring_inv r) -∗ mono_nat_lb_own γ (2 * k + 1) -∗ holds_both r o -∗ pop_update r o Φ -∗
    WP CmpXchg #(l_head r) #(place h) #(place (S h)) {{ w,
      (∃ v, ⌜w = (#(place h), #true)%V⌝ ∗ Φ (#(code moved), v)%V ∗ holds_pop n lap r h v) ∨
      (∃ h' q, ⌜w = (#(word h' q), #false)%V ∧ (q = true → o = None)⌝ ∗ holds_both r o ∗ pop_update r o Φ) }}.
  Proof.
    iIntros ((Hn & He & Hl & Hlen & H4) [Hi ->] Hγ) "#I #HT Ho AU".
    assert (place (n*k+i) = word (n*k+i) false) as Hw by (rewrite /ring_positions.word; lia). rewrite !Hw.
    iInv N as (h t xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq & %P & Hs)".
    destruct (decide (h + Nat.b2n x = n*k+i ∧ q = false)%nat) as [[Hh ->]|Hne]; last first.
    { wp_cmpxchg_fail; first (intros [= [??]%word_inj]; naive_solver).
      iDestruct (head_mark_seen with "Ho Hq") as %Hm. iModIntro.
      iSplitR "AU Ho"; first (iNext; iExists h, t, xs, m, p, q, x; by iFrame).
      iRight. iExists _, _. by iFrame. }
    destruct P as [[HP1 [HP2 HP3]] [HP4 HP5]].
    assert (x = false) as -> by (destruct x; [by destruct HP4|done]). simpl in Hh. rewrite Nat.add_0_r in Hh. subst h.
    rewrite Nat.add_0_r. wp_cmpxchg_suc. iDestruct (big_sepL_lookup_acc_impl with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k' odd) "(Hm & Htn & Hi)".
    iDestruct (mono_nat_lb_own_valid with "Hm HT") as %[_ HT].
    destruct odd; last first.
    { iDestruct "Hi" as "[%Hk _]". assert (k' ≤ k)%nat by (apply (lap_le n i); lia). simpl in HT. lia. }
    iDestruct "Hi" as "[%Hk Hi]". simpl in HT.
    assert (k' = k) as -> by (assert (k' ≤ k)%nat by (apply (lap_le n i); lia); lia).
    iDestruct "Hi" as "[%|[Htn' Hb]]"; first lia. iDestruct "Hb" as (w Hw') "Hb".
    iMod (mono_nat_own_update (S (n*k+i)) with "Hgh") as "[Hgh _]"; first lia.
    iMod "AU" as (vs m') "[Hc' [_ Hclose]]". iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
    rewrite (drop_S _ w _ Hw').
    iMod (ghost_var_update_halves (drop (S (n*k+i)) xs, m) with "Hc Hc'") as "[Hc Hc']".
    iMod ("Hclose" $! (Got w) with "[Hc' Ho]") as "HΦ"; first (iFrame "Ho"; iExists _; by iFrame).
    iModIntro. iSplitR "HΦ Htn' Hb".
    { iNext. iExists (S (n*k+i)), t, xs, m, p, false, false. rewrite Nat.add_0_r.
      replace (word (S (n*k+i)) false) with (place (S (n*k+i))) by (rewrite /ring_positions.word; lia).
      iFrame "Hh Ht Hg Hx Hgh Hgt Hp Hq Hc".
      iSplit; first (iPureIntro; rewrite /bars_true; naive_solver lia).
      iApply ("Hs" with "[]").
      - iIntros "!>" (j γj Hj Hne) "H". apply lookup_lt_Some in Hj. iApply (slot_pop_other with "H"); lia.
      - iExists k, true. iFrame "Hm Htn". iSplit; first (iPureIntro; lia). iLeft. iPureIntro; lia. }
    iLeft. iExists w. iFrame "HΦ". iSplit; first done. iExists k, i, γ. by iFrame.
  Qed.

  Lemma claim_pop_spec r o h q Φ :
    shape r → (q = true → o = None) →
    inv N (ring_inv r) -∗ holds_both r o -∗ pop_update r o Φ -∗
    WP claim_pop (ring_value r) #(word h q) {{ w,
      (∃ a, ⌜w = InjLV #(code a)⌝ ∗ Φ (#(code a), #())%V) ∨
      (∃ h v, ⌜w = InjRV #(place h)⌝ ∗ Φ (#(code moved), v)%V ∗ holds_pop n lap r h v) }}.
  Proof.
    iIntros (Hs Hmark) "#I Ho AU". pose proof Hs as (Hn & He & Hl & Hlen & H4).
    iLöb as "IH" forall (h q Hmark). wp_rec. wp_pures.
    wp_apply wp_is_marked; [done..|]. iIntros "_". destruct q.
    { wp_pures. iMod (pop_says _ _ _ barred with "Ho AU") as "HΦ"; first by auto.
      iModIntro. iLeft. iExists barred. by iFrame. }
    assert (word h false = place h) as Hw by (rewrite /ring_positions.word; lia). wp_pures. rewrite !Hw.
    wp_apply (turn_read with "I"); first done. iIntros (k k' i γ odd) "[[%Hi %Hγ] #HT]". wp_pures.
    case_bool_decide as HE; wp_pures.
    { (* filled: claim it *)
      assert (k' = k ∧ odd = true) as [-> ->].
      { injection HE as HE. destruct (Nat.lt_total k' k) as [|[->|]]; destruct odd; simpl in HE; try done; nia. }
      wp_apply wp_next_of; [done..|]. iIntros "_". wp_pures. wp_apply (guess_pop with "I"). iIntros "_". wp_pures.
      wp_apply wp_next_of; [done..|]. iIntros "_". rewrite /weak_cas. wp_pures.
      wp_bind (If _ _ _). iApply (wp_wand _ _ _ (λ w, (∃ v, ⌜w = (#(place h), #true)%V⌝ ∗ Φ (#(code moved), v)%V ∗ holds_pop n lap r h v) ∨
        (∃ h' q, ⌜w = (#(word h' q), #false)%V ∧ (q = true → o = None)⌝ ∗ holds_both r o ∗ pop_update r o Φ))%I with "[Ho AU]").
      { wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
        - wp_apply (read_head with "[$I $Ho]"). iIntros (h' q) "(Ho & % & _)". wp_pures. iRight. iExists h', q. by iFrame.
        - by iApply (pop_step with "I [HT] Ho AU"). }
      iIntros (w) "[H|H]".
      { iDestruct "H" as (v ->) "[HΦ Hh]". wp_pures. iModIntro. iRight. iExists h, v. by iFrame. }
      iDestruct "H" as (h' q [-> Hm]) "[Ho AU]". wp_pures. wp_apply wp_is_marked; [done..|]. iIntros "_".
      destruct q; wp_pures.
      - wp_apply wp_unmarked; [done..|]. iIntros "_". wp_pures. wp_apply (guess_pop with "I"). iIntros "_". wp_pures.
        by iApply ("IH" with "[//] Ho AU").
      - by iApply ("IH" with "[//] Ho AU"). }
    case_bool_decide as HL; wp_pures; last first.
    { wp_apply (read_head with "[$I $Ho]"). iIntros (h' q) "(Ho & % & _)". by iApply ("IH" with "[//] Ho AU"). }
    (* not filled yet *)
    wp_apply (read_head with "[$I $Ho]"). iIntros (now q) "(Ho & %Hq & Hlnow)". wp_pures. wp_bind (! _)%E.
    iInv N as (h' t xs m p q' x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq & %P & Hs)". wp_load.
    destruct (decide (now = h ∧ q = false)) as [[-> ->]|Hnow]; last first.
    { (* the head has moved on: again from there *)
      assert (word now q ≠ place h) as Hne.
      { rewrite -Hw. intros E. apply Hnow. by apply word_inj in E. }
      iModIntro. iSplitR "AU Ho"; first (iNext; iExists h', t, xs, m, p, q', x; by iFrame). wp_pures.
      rewrite bool_decide_false; last congruence. wp_pures. rewrite bool_decide_false; last congruence. wp_pures.
      wp_apply (read_head with "[$I $Ho]"). iIntros (again q2) "(Ho & %Hq2 & _)". wp_pures.
      rewrite bool_decide_false; last congruence. wp_pures. by iApply ("IH" with "[//] Ho AU"). }
    iDestruct ("Hlnow" with "[//]") as "#Hlb". iDestruct (mono_nat_lb_own_valid with "Hgh Hlb") as %[_ Hle].
    destruct P as [[HP1 [HP2 HP3]] [HP4 HP5]]. rewrite Hw.
    destruct (decide (t = h)) as [->|Hth].
    - (* nothing was claimed: empty, and barred or not *)
      assert (drop h' xs = []) as Hnil by (apply drop_ge; lia).
      iAssert ⌜∀ u, o = Some u → m = u.2⌝%I as %Hu.
      { destruct o as [u|]; last (iPureIntro; done). iDestruct "Ho" as "[Ho _]".
        iDestruct (ghost_var_agree with "Ho Hp") as %->. iPureIntro. by intros ? [= <-]. }
      iMod "AU" as (vs m') "[Hc' [_ Hclose]]". iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
      iMod ("Hclose" $! (Not (if p then barred else none)) with "[$Hc' $Ho]") as "HΦ".
      { destruct p; iPureIntro; first naive_solver. split; first done. split; last done. destruct m; [by discriminate HP5|done]. }
      iModIntro. iSplitR "HΦ"; first (iNext; iExists h', h, xs, m, p, q', x; by iFrame). wp_pures.
      rewrite (bool_decide_true (#(place h) = _)) //. wp_pures. destruct p.
      + rewrite bool_decide_false; last (rewrite /ring_positions.word; intros [=]; lia). wp_pures.
        rewrite (bool_decide_true (#(place h) = _)) //. wp_pures.
        rewrite bool_decide_true; last by rewrite /ring_positions.word. wp_pures.
        iModIntro. iLeft. iExists barred. by iFrame.
      + rewrite bool_decide_true; last by rewrite /ring_positions.word Z.add_0_r. wp_pures.
        iModIntro. iLeft. iExists none. by iFrame.
    - (* claimed, and it was not filled *)
      assert (∀ p' : bool, word t p ≠ word h p') as Hne by (intros p' [? ?]%word_inj; done).
      pose proof (Hne false) as Hnef. pose proof (Hne true) as Hnet. rewrite {2}/ring_positions.word Z.add_0_r in Hnef.
      rewrite {2}/ring_positions.word in Hnet.
      iModIntro. iSplitR "AU Ho"; first (iNext; iExists h', t, xs, m, p, q', x; by iFrame). wp_pures.
      rewrite (bool_decide_true (#(place h) = _)) //. wp_pures.
      rewrite bool_decide_false; last congruence. wp_pures.
      rewrite (bool_decide_true (#(place h) = _)) //. wp_pures.
      rewrite bool_decide_false; last congruence. wp_pures.
      wp_apply (read_head with "[$I $Ho]"). iIntros (h2 q2) "(Ho & %Hq2 & _)". wp_pures.
      rewrite bool_decide_true //. wp_pures.
      case_bool_decide; wp_pures; last by iApply ("IH" with "[//] Ho AU").
      iMod (pop_says _ _ _ unfinished with "Ho AU") as "HΦ"; first by left.
      iModIntro. iLeft. iExists unfinished. by iFrame.
  Qed.

  Lemma pop_spec r o :
    is_ring N n lap r -∗ holds_both r o -∗
    <<< ∀∀ vs m, content r vs m >>> pop (ring_value r) @ ↑N
    <<< ∃∃ a, pop_answer r o vs m a ∗ holds_both r o, RET popped_value a >>>.
  Proof.
    iIntros "[%Hs #I] Ho" (Φ) "AU". wp_lam. wp_pures. wp_bind (! _)%E.
    iInv N as (h t xs m p q x) ">(Hh & Ht & Hg & H)". iDestruct "Hg" as (a b) "[Ha Hb]". wp_load.
    iModIntro. iSplitR "AU Ho"; first (iNext; iExists h, t, xs, m, p, q, x; iFrame; iExists a, b; iFrame).
    replace (place b) with (word b false) by (rewrite /ring_positions.word; lia).
    wp_bind (claim_pop _ _). iApply (wp_wand with "[Ho AU]"); first by iApply (claim_pop_spec with "I Ho AU").
    iIntros (w) "[H|H]".
    { iDestruct "H" as (s ->) "HΦ". by wp_pures. }
    iDestruct "H" as (h' v ->) "[HΦ Hh]". wp_pures. wp_apply (drain_spec with "[$I $Hh]"); first done. iIntros "_". by wp_pures.
  Qed.
End pop.
